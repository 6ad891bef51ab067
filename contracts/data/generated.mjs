// Files that a script writes: written, or with --check only compared. Exit code 1 where one is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function emit(files) {
    const check = process.argv.includes('--check');
    for (const [url, text] of files) {
        if (existsSync(url) && readFileSync(url, 'utf8') === text) continue;
        if (!check) {
            writeFileSync(url, text);
            continue;
        }
        process.stderr.write(`${url.pathname} is not what ${process.argv[1]} writes; run it\n`);
        process.exitCode = 1;
    }
}
