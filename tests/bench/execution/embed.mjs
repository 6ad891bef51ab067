// Compiles PlainToken.sol as the templates are compiled: node embed.mjs OUT.hpp
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, main } from '../../../contracts/compile.mjs';

main(() => {
    const [out] = process.argv.slice(2);
    const { contracts, errors } = compile({ root: dirname(fileURLToPath(import.meta.url)), sources: ['PlainToken.sol'] });
    if (errors.length > 0) throw new Error(errors.map(({ formatted }) => formatted).join('\n'));
    const { abi, bytecode } = contracts.find(({ name }) => name === 'PlainToken');
    writeFileSync(
        out,
        `// Written by embed.mjs; do not edit.\n#pragma once\n` +
            `inline constexpr char plain_token_abi[] = R"json(${JSON.stringify(abi)})json";\n` +
            `inline constexpr char plain_token_code[] = "${bytecode}";\n`,
    );
});
