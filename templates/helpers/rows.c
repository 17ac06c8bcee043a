/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? 128 : bytes < 384 ? 64 : bytes < 768 ? 32 : 16;
}
