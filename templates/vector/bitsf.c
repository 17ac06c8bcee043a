/* needs: inline */
/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint32_t gradc_bitsf(float x)
{
    const union { float value; uint32_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE float gradc_numberf(uint32_t bits)
{
    const union { uint32_t bits; float value; } u = {bits};
    return u.value;
}
