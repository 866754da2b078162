target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"
; The five 128-bit functions that LLVM's BPF backend calls, in the convention it calls them with:
; two 64-bit halves an operand, the result in r0 (low) and r2 (high). rustc returns an i128 through
; a pointer on BPF, so what they compute is in crates/sbf-builtins behind functions that take
; (out, low, high, low, high), which the optimizer inlines here given equal target attributes.

declare void @sbf_multi3(ptr, i64, i64, i64, i64)
declare void @sbf_udivti3(ptr, i64, i64, i64, i64)
declare void @sbf_umodti3(ptr, i64, i64, i64, i64)
declare void @sbf_divti3(ptr, i64, i64, i64, i64)
declare void @sbf_modti3(ptr, i64, i64, i64, i64)

define i128 @__multi3(i128 %a, i128 %b) #0 {
  %out = alloca i128, align 8
  %a.low = trunc i128 %a to i64
  %a.shifted = lshr i128 %a, 64
  %a.high = trunc i128 %a.shifted to i64
  %b.low = trunc i128 %b to i64
  %b.shifted = lshr i128 %b, 64
  %b.high = trunc i128 %b.shifted to i64
  call void @sbf_multi3(ptr %out, i64 %a.low, i64 %a.high, i64 %b.low, i64 %b.high) #1
  %result = load i128, ptr %out, align 8
  ret i128 %result
}

define i128 @__udivti3(i128 %a, i128 %b) #0 {
  %out = alloca i128, align 8
  %a.low = trunc i128 %a to i64
  %a.shifted = lshr i128 %a, 64
  %a.high = trunc i128 %a.shifted to i64
  %b.low = trunc i128 %b to i64
  %b.shifted = lshr i128 %b, 64
  %b.high = trunc i128 %b.shifted to i64
  call void @sbf_udivti3(ptr %out, i64 %a.low, i64 %a.high, i64 %b.low, i64 %b.high) #1
  %result = load i128, ptr %out, align 8
  ret i128 %result
}

define i128 @__umodti3(i128 %a, i128 %b) #0 {
  %out = alloca i128, align 8
  %a.low = trunc i128 %a to i64
  %a.shifted = lshr i128 %a, 64
  %a.high = trunc i128 %a.shifted to i64
  %b.low = trunc i128 %b to i64
  %b.shifted = lshr i128 %b, 64
  %b.high = trunc i128 %b.shifted to i64
  call void @sbf_umodti3(ptr %out, i64 %a.low, i64 %a.high, i64 %b.low, i64 %b.high) #1
  %result = load i128, ptr %out, align 8
  ret i128 %result
}

define i128 @__divti3(i128 %a, i128 %b) #0 {
  %out = alloca i128, align 8
  %a.low = trunc i128 %a to i64
  %a.shifted = lshr i128 %a, 64
  %a.high = trunc i128 %a.shifted to i64
  %b.low = trunc i128 %b to i64
  %b.shifted = lshr i128 %b, 64
  %b.high = trunc i128 %b.shifted to i64
  call void @sbf_divti3(ptr %out, i64 %a.low, i64 %a.high, i64 %b.low, i64 %b.high) #1
  %result = load i128, ptr %out, align 8
  ret i128 %result
}

define i128 @__modti3(i128 %a, i128 %b) #0 {
  %out = alloca i128, align 8
  %a.low = trunc i128 %a to i64
  %a.shifted = lshr i128 %a, 64
  %a.high = trunc i128 %a.shifted to i64
  %b.low = trunc i128 %b to i64
  %b.shifted = lshr i128 %b, 64
  %b.high = trunc i128 %b.shifted to i64
  call void @sbf_modti3(ptr %out, i64 %a.low, i64 %a.high, i64 %b.low, i64 %b.high) #1
  %result = load i128, ptr %out, align 8
  ret i128 %result
}

attributes #0 = { nounwind "target-cpu"="v2" "target-features"="+allows-misaligned-mem-access" }
attributes #1 = { alwaysinline }
