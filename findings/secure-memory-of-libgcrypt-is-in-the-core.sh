#!/usr/bin/env bash
# Guess: what libraries call secure memory, kept from the swap, is kept out of cores as well (MADV_DONTDUMP): OpenSSL's secure heap,
#   libsodium's sodium_malloc, libgcrypt's gcry_malloc_secure.
# Found: of OpenSSL 3.0 and libsodium 1.0.18 it is in no core by the kernel; of libgcrypt 1.10.1 it is, byte for byte (Linux 6.18).
#   It is locked against the swap, and nothing more.
# Here: a core that is handed on may hold keys that somebody put there on purpose, and has to be kept as they are.
. "$(dirname "$0")/lib.sh"
newest() { echo "$1=$(apt-cache madison "$1" | awk -v start="$2" '!found && index($3, start) == 1 { print $3; found = 1 }')"; }
deb "$(newest libgcrypt20 1.10.1-3)" "$(newest libgcrypt20-dev 1.10.1-3)" libgpg-error0=1.46-1 libgpg-error-dev=1.46-1 \
  "$(newest libsodium23 1.0.18-1)" "$(newest libsodium-dev 1.0.18-1)" "$(newest libssl3 3.0.)" "$(newest libssl-dev 3.0.)"
cat >"$work/crash.c" <<'C'
#include <gcrypt.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdlib.h>
static void fill(char *memory, const char *six) { for (int i = 0; i < 60; i++) memory[i] = six[i % 6]; }
int main(void) {
  gcry_check_version(0);
  gcry_control(GCRYCTL_INIT_SECMEM, 65536, 0);
  gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
  fill(gcry_malloc_secure(64), "gcrypt");
  if (sodium_init() < 0 || CRYPTO_secure_malloc_init(65536, 16) != 1) return 1;
  fill(sodium_malloc(64), "sodium");
  fill(OPENSSL_secure_malloc(64), "openss");
  abort();
}
C
libraries=$work/root/usr/lib/x86_64-linux-gnu
gcc -o "$work/crash" "$work/crash.c" -I "$work/root/usr/include" -I "$work/root/usr/include/x86_64-linux-gnu" -L "$libraries" \
  -L "$work/root/lib/x86_64-linux-gnu" -lgcrypt -lgpg-error -lsodium -lcrypto
export LD_LIBRARY_PATH=$libraries:$work/root/lib/x86_64-linux-gnu
kernel_core "$work/crash" "$work"
for name in gcrypt sodium openss; do
  expect "${name/openss/openssl}" "$([[ $name == gcrypt ]] && echo there || echo not there)" \
    "$(python3 -c 'import sys; print("there" if sys.argv[2].encode() * 9 in open(sys.argv[1], "rb").read() else "not there")' "$work/core" "$name")"
done
