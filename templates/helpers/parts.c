/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
#define GRADC_PARTS 16
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / 128 ? work / least : (double)rows / 128;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / 128 * part / parts * 128;
}
