/* The quotient rounded down, as Python has it. */
static inline int64_t gradc_quotient(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
