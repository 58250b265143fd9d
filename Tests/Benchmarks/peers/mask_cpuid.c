// Hides AVX-512, AVX-VNNI, AVX10 and AMX from the calling process, at full speed: CPUID is made to fault
// (arch_prctl, Linux on CPUs with CPUID faulting) and the fault answers with those bits cleared.
// For libraries that choose their kernels by CPUID and offer no other limit. Call before they are loaded.
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define BIT(n) (1u << (n))

static const unsigned kept7ebx = ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
static const unsigned kept7ecx = ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
static const unsigned kept7edx = ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
static const unsigned kept71eax = ~(BIT(4) | BIT(5) | BIT(21) | BIT(23));
static const unsigned kept71edx = ~(BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19));

static void answer(int number, siginfo_t *info, void *context) {
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    if (code[0] != 0x0f || code[1] != 0xa2) {  // a fault of another kind: die of it
        signal(number, SIG_DFL);
        return;
    }
    unsigned leaf = (unsigned)registers[REG_RAX], part = (unsigned)registers[REG_RCX], a, b, c, d;
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __cpuid_count(leaf, part, a, b, c, d);
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    if (leaf == 7 && part == 0) b &= kept7ebx, c &= kept7ecx, d &= kept7edx;
    if (leaf == 7 && part == 1) a &= kept71eax, d &= kept71edx;
    if (leaf == 0x24) a = b = c = d = 0;
    registers[REG_RAX] = a, registers[REG_RBX] = b, registers[REG_RCX] = c, registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

// 1 if CPUID shows AVX-512F.
int shows_avx512(void) {
    unsigned a, b, c, d;
    __cpuid_count(7, 0, a, b, c, d);
    return (b & BIT(16)) != 0;
}

// 0, or -1 where the kernel or the CPU can not make CPUID fault.
int mask_cpuid(void) {
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &action, 0) != 0) return -1;
    return syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) == 0 ? 0 : -1;
}
