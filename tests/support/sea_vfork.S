/*
 * sea_vfork.S — vfork through the sea.
 *
 * The child runs on its caller's stack until it calls exec or _exit. A
 * wrapper in C would return through a frame the child has overwritten; this
 * one has no frame left when it jumps to vfork.
 */
    .text
    .globl sea_vfork
    .type sea_vfork, %function
sea_vfork:
#if defined(__x86_64__)
    movq (%rsp), %rdi
    subq $8, %rsp
    call sea_vfork_depart
    addq $8, %rsp
    testl %eax, %eax
    jnz 1f
    jmp vfork@PLT
1:  movl $-1, %eax
    ret
#elif defined(__aarch64__)
    stp x29, x30, [sp, #-16]!
    mov x0, x30
    bl sea_vfork_depart
    ldp x29, x30, [sp], #16
    cbnz w0, 1f
    b vfork
1:  mov w0, #-1
    ret
#else
#error "vfork through the sea: write these ten lines for your processor"
#endif
    .size sea_vfork, . - sea_vfork
    .section .note.GNU-stack, "", %progbits
