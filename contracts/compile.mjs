// Compiles Solidity with the pinned compiler of package-lock.json. Reads no network and no setting of the machine:
// equal sources give equal bytes, wherever they lie.
//
//   node compile.mjs REQUEST.json      (or - for stdin) prints the response as JSON; exit code 1 if it holds an error
//
// Request                              default
//   root          folder of the units  (required)
//   sources       unit names below it  (required) e.g. ["src/CashToken.sol"]; a folder means every .sol below it
//   modules       this file's folder   folder whose node_modules hold solc and @openzeppelin/contracts
//   remappings    ["prefix=folder"]    always has @openzeppelin/; the longest prefix wins
//   optimizerRuns, evmVersion, viaIR   `settings` below
//   ast           false                true adds the syntax tree of each unit
//   out           none                 file that gets the response instead of stdout
//
// Response
//   compiler      long version of solc
//   settings      what was used
//   contracts     [{name, unit, kind, abi, bytecode, deployedBytecode, linkReferences, immutableReferences, sourceMap,
//                 deployedSourceMap, methodIdentifiers}], hex without 0x, ordered by unit and name; kind is
//                 contract, abstract, interface or library
//   sources       [{unit, path, id, imports, ast}]: everything that was read, id as in the source maps, imports the
//                 units it names itself
//   errors        [{severity, code, message, formatted, unit, start, end}], severity error, warning or info
import { createRequire } from 'node:module';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** What the templates are built with; tests use the same, so that they measure what is deployed. */
export const settings = { optimizerRuns: 200, evmVersion: 'osaka', viaIR: false };

/** The compiler, or one sentence that says how to get it. */
export function loadCompiler(modules = here) {
    if (!existsSync(join(modules, 'node_modules', 'solc')) || !existsSync(join(modules, 'node_modules', '@openzeppelin'))) {
        throw new Error('the Solidity compiler is not installed: run ./setup.sh (or: npm ci, in the folder contracts)');
    }
    return createRequire(join(resolve(modules), 'compile.mjs'))('solc');
}

export function solidityFiles(root, unit) {
    if (!statSync(join(root, unit)).isDirectory()) return [unit];
    return readdirSync(join(root, unit))
        .sort()
        .flatMap((name) => {
            const child = `${unit}/${name}`;
            if (statSync(join(root, child)).isDirectory()) return solidityFiles(root, child);
            return name.endsWith('.sol') ? [child] : [];
        });
}

export function compile(request) {
    const modules = request.modules ?? here;
    const solc = loadCompiler(modules);
    const used = {
        optimizerRuns: request.optimizerRuns ?? settings.optimizerRuns,
        evmVersion: request.evmVersion ?? settings.evmVersion,
        viaIR: request.viaIR ?? settings.viaIR,
    };
    const root = resolve(request.root);
    const remappings = [`@openzeppelin/=${join(modules, 'node_modules', '@openzeppelin')}`, ...(request.remappings ?? [])]
        .map((text) => ({ prefix: text.slice(0, text.indexOf('=')), folder: text.slice(text.indexOf('=') + 1) }))
        .sort((a, b) => b.prefix.length - a.prefix.length);

    // Unit names, not paths, go into the compiler: no path of this machine can reach the bytes it makes.
    const paths = new Map();
    const read = (unit) => {
        const mapped = remappings.find(({ prefix }) => unit.startsWith(prefix));
        const path = mapped ? join(mapped.folder, unit.slice(mapped.prefix.length)) : join(root, unit);
        try {
            const contents = readFileSync(path, 'utf8');
            paths.set(unit, path);
            return { contents };
        } catch {
            return { error: `no file ${path}` };
        }
    };

    const sources = {};
    const errors = [];
    for (const given of request.sources) {
        if (!existsSync(join(root, given))) {
            const message = `no file or folder ${join(root, given)}`;
            errors.push({ severity: 'error', code: '', message, formatted: message, unit: given, start: -1, end: -1 });
            continue;
        }
        for (const unit of solidityFiles(root, given)) sources[unit] = { content: read(unit).contents };
    }

    const wanted = ['abi', 'evm.bytecode', 'evm.deployedBytecode', 'evm.methodIdentifiers'];
    const input = {
        language: 'Solidity',
        sources,
        settings: {
            optimizer: { enabled: true, runs: used.optimizerRuns },
            evmVersion: used.evmVersion,
            viaIR: used.viaIR,
            metadata: { bytecodeHash: 'none' },
            // The tree is always asked for: it tells an interface from an abstract contract.
            outputSelection: { '*': { '*': wanted, '': ['ast'] } },
        },
    };
    const output =
        Object.keys(sources).length > 0 ? JSON.parse(solc.compile(JSON.stringify(input), { import: read })) : {};

    for (const error of output.errors ?? []) {
        const at = error.sourceLocation ?? {};
        // Tests may be larger than a chain accepts (EIP-170, EIP-3860).
        if (['5574', '3860'].includes(error.errorCode) && at.file?.endsWith('.t.sol')) continue;
        errors.push({
            severity: error.severity,
            code: error.errorCode ?? '',
            message: error.message,
            formatted: error.formattedMessage ?? error.message,
            unit: at.file ?? '',
            start: at.start ?? -1,
            end: at.end ?? -1,
        });
    }
    return {
        compiler: solc.version(),
        settings: used,
        contracts: Object.keys(output.contracts ?? {}).sort().flatMap((unit) => describe(unit, output)),
        sources: Object.entries(output.sources ?? {}).map(([unit, { id, ast }]) => ({
            unit,
            path: paths.get(unit) ?? '',
            id,
            imports: ast.nodes.filter(({ nodeType }) => nodeType === 'ImportDirective').map((node) => node.absolutePath),
            ...(request.ast ? { ast } : {}),
        })),
        errors,
    };
}

function describe(unit, output) {
    const nodes = output.sources[unit].ast.nodes.filter(({ nodeType }) => nodeType === 'ContractDefinition');
    const kinds = new Map(
        nodes.map((node) => [node.name, node.abstract && node.contractKind === 'contract' ? 'abstract' : node.contractKind]),
    );
    return Object.entries(output.contracts[unit])
        // What failed late (stack too deep) has an entry without code, and its error is told.
        .filter(([, { evm }]) => evm?.bytecode)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { abi, evm }]) => ({
            name,
            unit,
            kind: kinds.get(name),
            abi,
            bytecode: evm.bytecode.object,
            deployedBytecode: evm.deployedBytecode.object,
            linkReferences: evm.bytecode.linkReferences ?? {},
            immutableReferences: evm.deployedBytecode.immutableReferences ?? {},
            sourceMap: evm.bytecode.sourceMap ?? '',
            deployedSourceMap: evm.deployedBytecode.sourceMap ?? '',
            methodIdentifiers: evm.methodIdentifiers,
        }));
}

/** Runs `body`, turning what goes wrong into one line on stderr. */
export function main(body) {
    try {
        process.exitCode = body();
    } catch (error) {
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    main(() => {
        if (process.argv.length !== 3) throw new Error('usage: node compile.mjs REQUEST.json   (- reads stdin)');
        const request = JSON.parse(readFileSync(process.argv[2] === '-' ? 0 : process.argv[2], 'utf8'));
        const response = compile(request);
        const text = JSON.stringify(response);
        if (request.out) writeFileSync(request.out, text);
        else writeFileSync(1, text);
        return response.errors.some(({ severity }) => severity === 'error') ? 1 : 0;
    });
}
