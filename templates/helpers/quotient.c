/* The quotient rounded down, as Python has it; 0 where the divisor is, as NumPy has it. */
static inline int64_t gradc_quotient(int64_t a, int64_t b)
{
    return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0));
}
