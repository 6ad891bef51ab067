// Compiles src/ and writes the templates as C++ (artifacts/artifacts.hpp reads them).
//
//   node embed.mjs OUT.cpp [CACHE]
//
// CACHE is a folder that remembers the outcome by its inputs, so that each of several builds need not compile the same.
// A warning of the compiler fails the build, and so does a contract larger than a chain accepts (EIP-170).
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, main } from './compile.mjs';

const runtime_bytes_max = 24576; // EIP-170
const creation_bytes_max = 49152; // EIP-3860

// Clang reads at most this many bytes comfortably on one line of a literal.
const bytes_per_line = 64;

function literal(hex) {
    const lines = [];
    for (let at = 0; at < hex.length; at += 2 * bytes_per_line) {
        const line = hex.slice(at, at + 2 * bytes_per_line);
        lines.push(`    "${line.replace(/../g, (byte) => `\\x${byte}`)}"`);
    }
    return lines.length > 0 ? `\n${lines.join('\n')}` : '""';
}

function text(json) {
    // A compiler promises 65,536 characters a literal; adjacent literals are joined into one.
    const parts = [];
    for (let at = 0; at < json.length; at += 8000) parts.push(`R"json(${json.slice(at, at + 8000)})json"`);
    return `\n    ${parts.join('\n    ')}`;
}

/** Names what `out` is made of: the templates, the compiler's version and these programs. */
function fingerprint(root) {
    const templates = readdirSync(join(root, 'src'), { recursive: true }).filter((file) => file.endsWith('.sol')).sort();
    const hash = createHash('sha256');
    for (const file of ['embed.mjs', 'compile.mjs', 'package-lock.json', ...templates.map((file) => join('src', file))]) {
        hash.update(`${file}\0`).update(readFileSync(join(root, file))).update('\0');
    }
    return hash.digest('hex');
}

main(() => {
    const [out, cache] = process.argv.slice(2);
    if (!out) throw new Error('usage: node embed.mjs OUT.cpp [CACHE]');
    const root = dirname(fileURLToPath(import.meta.url));
    const known = cache && join(cache, `${fingerprint(root)}.cpp`);
    if (known && existsSync(known)) {
        copyFileSync(known, out);
        return 0;
    }
    const { contracts, errors } = compile({ root, sources: ['src'] });
    const complaints = errors.map(({ formatted }) => formatted);

    const chosen = contracts.filter(({ unit, kind }) => unit.startsWith('src/') && ['contract', 'interface'].includes(kind));
    chosen.sort((a, b) => (a.name < b.name ? -1 : 1));
    chosen.forEach(({ name, unit, kind, bytecode, deployedBytecode, linkReferences }, index) => {
        if (index > 0 && chosen[index - 1].name === name) complaints.push(`two contracts are named ${name} (${unit})`);
        if (kind === 'contract' && Object.keys(linkReferences).length > 0) complaints.push(`${unit}: ${name} needs a linked library`);
        if (deployedBytecode.length / 2 > runtime_bytes_max) {
            complaints.push(`${unit}: ${name} has ${deployedBytecode.length / 2} bytes of code, the limit is ${runtime_bytes_max}`);
        }
        if (bytecode.length / 2 > creation_bytes_max) {
            complaints.push(`${unit}: ${name} has ${bytecode.length / 2} bytes of creation code, the limit is ${creation_bytes_max}`);
        }
    });
    if (complaints.length > 0) throw new Error(complaints.join('\n'));

    const rows = chosen.map(
        ({ name, unit, abi, bytecode, deployedBytecode }) =>
            `    {"${name}", "${unit}",${text(JSON.stringify(abi))},${literal(bytecode)}, ${bytecode.length / 2},` +
            `${literal(deployedBytecode)}, ${deployedBytecode.length / 2}},\n`,
    );
    writeFileSync(
        out,
        `// Written by contracts/embed.mjs; do not edit.\n#include "contracts/artifacts/embedded.hpp"\n\n` +
            `namespace talea::contracts {\nnamespace {\n\nconstexpr Embedded table[] = {\n${rows.join('')}};\n\n}  // namespace\n\n` +
            `std::span<const Embedded> embedded() { return table; }\n\n}  // namespace talea::contracts\n`,
    );
    if (known) {
        mkdirSync(cache, { recursive: true });
        copyFileSync(out, `${known}.new`);
        renameSync(`${known}.new`, known);
    }
    for (const { name, deployedBytecode } of chosen) {
        if (deployedBytecode) process.stdout.write(`${name}: ${deployedBytecode.length / 2} bytes of code\n`);
    }
    return 0;
});
