/* The remainder with the sign of the divisor, as Python has it; 0 where the divisor is, as NumPy has it. */
static inline int64_t gradc_remainder(int64_t a, int64_t b)
{
    const int64_t rest = b == 0 ? 0 : a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
