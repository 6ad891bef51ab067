#!/usr/bin/env bash
# Installs what Talea needs to be built, run and tested, from Debian and npm alone. Run it as often as you like: it
# does what is missing and nothing else.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# What, and what for.
packages=(
    clang-19 lld-19          # the compiler of the release and debug builds
    libclang-rt-19-dev       # its sanitizers and fuzzers
    clang-format-19          # spacing
    g++-12                   # the second compiler, whose opinion the tests ask
    cmake ninja-build pkg-config
    libboost1.81-dev         # Asio, Beast: sockets and HTTP
    libssl-dev               # SHA-256, RIPEMD-160, P-256, AES
    libsodium-dev            # scrypt of key files, also where r = 1 (OpenSSL refuses some that are in the field)
    libsecp256k1-dev         # signatures
    libleveldb-dev libsnappy-dev # storage; the leveldb package forgets to depend on snappy
    libjemalloc-dev          # the node's allocator
    libgmp-dev               # modular exponentiation, and the oracle of number tests
    libcli11-dev             # command lines
    libfmt-dev libspdlog-dev # text and logs
    nlohmann-json3-dev libsimdjson-dev # JSON files, JSON requests
    doctest-dev libbenchmark-dev # tests and benchmarks
    patch                    # plants the bugs that the fuzz targets must find
    zstd                     # unpacks the public conformance packs
    curl                     # the quickstart asks the node as any client would
    tzdata                   # zone data that the calendar's tests compare with
    ca-certificates          # npm's downloads
)
# The Solidity compiler and the viem tests run on Node.js; any version from 18 on does, so an existing one is kept.
if ! command -v node >/dev/null || ! command -v npm >/dev/null || [ "$(node -p 'parseInt(process.versions.node)')" -lt 18 ]; then
    packages+=(nodejs npm)
fi

grep -qs '^VERSION_ID="12"' /etc/os-release || say "this is not Debian 12, the only system Talea is tested on; going on"

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo)
        else
            die "these Debian packages are missing and need root; ask your administrator to run: apt-get install --no-install-recommends ${missing[*]}"
        fi
    fi
    say "installing Debian packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt-get could not install them; its message is above"
else
    say "all Debian packages are there"
fi

# npm's packages are pinned by lock files; a stamp of the lock says that they are in place.
for folder in contracts tests/e2e; do
    [ -f "$folder/package-lock.json" ] || continue
    stamp=$folder/node_modules/.talea-lock
    if cmp -s "$folder/package-lock.json" "$stamp"; then
        say "$folder: npm packages are there"
        continue
    fi
    say "$folder: installing npm packages ($(node -p "Object.keys(require('./$folder/package.json').dependencies ?? {}).join(', ')"))"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) || die "npm could not install the packages of $folder; its message is above"
    cp "$folder/package-lock.json" "$stamp"
done
say "done; build with: cmake --preset release && cmake --build --preset release"
