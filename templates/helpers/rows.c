/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read again. */
static int64_t gradc_rows(int64_t count, size_t size)
{
    const size_t bytes = (size_t)count * size;
    return bytes < 192 ? GRADC_TILE : bytes < 384 ? GRADC_TILE / 2 : bytes < 768 ? GRADC_TILE / 4 : GRADC_TILE / 8;
}
