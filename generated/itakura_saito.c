/* itakura_saito: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](where((0 < t0[i, l]) & (0 < V[i, l]), itakura_saito(V[i, l], t0[i, l]), V[i, l] / t0[i, l] - log_ratio(V[i, l], t0[i, l]) - 1))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif
#if defined(_OPENMP)
#define GRADC_PARALLEL(parts) GRADC_PRAGMA(omp parallel for schedule(dynamic) if(parts > 1))
#else
#define GRADC_PARALLEL(parts)
#endif

#include "itakura_saito.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

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

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? 128 : bytes < 384 ? 64 : bytes < 768 ? 32 : 16;
}

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(__GNUC__)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* log(1 + f) + low, 1 + f in [sqrt(1/2), sqrt(2)): with s = f / (2 + f) it is 2 atanh(s) = f - f^2/2 + s (f^2/2 +
 * s^2 P(s^2)), whose first term is exact. */
GRADC_INLINE double gradc_log1p_near(double f, double low)
{
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z
        + 0.22222198567102774) * z + 0.2857142874243524) * z + 0.39999999999414526) * z
        + 0.6666666666666734;
    return f - (h - (s * (h + z * p) + low));
}

/* log(1 + x) = k log(2) + log(1 + f), as gradc_log: k is that of the rounded sum, but f = 2^-k x + (2^-k - 1) has
 * no rounding that matters. Four times 2^-k is normal for every k. */
GRADC_INLINE double gradc_log1p(double x)
{
    const uint64_t e = (gradc_bits(1.0 + x) + 0x00095f6200000000) >> 52; /* k + 1023 */
    const double k = gradc_number(e | 0x4330000000000000) - 4503599627371519.0;
    const double scale = gradc_number((2048 - e) << 52);
    const double f = (x * scale) * 0.25 + (0.25 * scale - 1.0);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    const double w = fabs(x) < 1e-17 ? x : y;
    return x > -1.0 ? x < INFINITY ? w : x : x == -1.0 ? -INFINITY : NAN;
}

/* The polynomial c[0] + c[1] t + ... + c[n-1] t^(n-1), its even and odd powers summed side by side. */
static double gradc_polynomial(const double *c, int n, double t)
{
    const double t2 = t * t;
    double even = n % 2 ? c[n - 1] : 0.0, odd = 0.0;
    int i;
    for (i = n - n % 2 - 2; i >= 0; i -= 2) {
        even = even * t2 + c[i];
        odd = odd * t2 + c[i + 1];
    }
    return even + t * odd;
}

/* x log(x/y) - x + y: y where x = 0 <= y, infinite elsewhere outside x, y > 0. With d = (x - y)/y, which is exact
 * but for the quotient near x = y, it is y ((1 + d) log(1 + d) - d) = y d^2 R(d), with polynomials for R on [-1/2,
 * 0], [0, 1] and [1, 3]. */
static double gradc_kl_div(double x, double y)
{
    static const double gradc_kl_div_0[] = {
        0.5478151305786289, -0.22039211459946384, 0.13848766061289372, -0.1065656222461919,
        0.09216627938487197, -0.08601487070297578, 0.08468284123708478, -0.08673960380371006,
        0.09159798510882461, -0.09909821129803052, 0.10934245511106182, -0.12263385537726709,
        0.1394352328952475, -0.16021612297921164, 0.18617349487538482, -0.22218873348452414,
        0.26267303119185764, -0.2626583780336065, 0.31321127960014833, -0.7312516201844691,
        0.8883562130961273,
    };
    static const double gradc_kl_div_1[] = {
        0.4327906486489863, -0.10930216216328763, 0.039379387390538714, -0.016605197205305774,
        0.007668671357816236, -0.003760069449113096, 0.0019238914064795849, -0.001016382627085799,
        0.000550512212678309, -0.00030420923158349235, 0.0001708913895817886, -9.73340197786591e-05,
        5.6087009105213654e-05, -3.260437753178961e-05, 1.9142906274528568e-05, -1.153947910948538e-05,
        6.8780146235683085e-06, -3.4459466384731114e-06, 2.0692575293607274e-06, -2.454972093784579e-06,
        1.4991171301095094e-06,
    };
    static const double gradc_kl_div_2[] = {
        0.3239592165010823, -0.04930614433405484, 0.00998300687545092, -0.0022861004215668553,
        0.0005619536409767832, -0.00014474952323866348, 3.855466579014022e-05, -1.0532416613742248e-05,
        2.9350332025911445e-06, -8.311504523115373e-07, 2.3851727446078196e-07, -6.921892191068173e-08,
        2.0282709991203335e-08, -5.992248917578771e-09, 1.779872523965689e-09, -5.330281812041967e-10,
        1.645427123248366e-10, -4.984241975018855e-11, 1.2185287569080463e-11, -3.708853839063373e-12,
        2.3888800021555424e-12, -7.373594437181571e-13,
    };
    double r, d;
    if (isnan(x) || isnan(y))
        return NAN;
    if (x > 0.0 && y > 0.0) {
        r = x / y;
        d = (x - y) / y;
        if (r > 0.5 && r < 1.0)
            return y * d * d
                   * gradc_polynomial(gradc_kl_div_0, (int)(sizeof gradc_kl_div_0 / sizeof(double)), d + 0.25);
        if (r >= 1.0 && r < 2.0)
            return y * d * d
                   * gradc_polynomial(gradc_kl_div_1, (int)(sizeof gradc_kl_div_1 / sizeof(double)), d - 0.5);
        if (r >= 2.0 && r < 4.0)
            return y * d * d
                   * gradc_polynomial(gradc_kl_div_2, (int)(sizeof gradc_kl_div_2 / sizeof(double)), d - 2.0);
        return x * (r > 1e-300 && r < 1e300 ? log(r) : log(x) - log(y)) + (y - x);
    }
    return x == 0.0 && y >= 0.0 ? y : INFINITY;
}

/* Adds a term to a sum, and to `low` what the sum has lost to rounding (Neumaier, Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen, ZAMM 54, 1974): the error does not grow with the number of terms. */
static inline void gradc_add(double *sum, double *low, double term)
{
    const double next = *sum + term;
    *low += fabs(*sum) >= fabs(term) ? (*sum - next) + term : (term - next) + *sum;
    *sum = next;
}

/* The sum and what it has lost; an infinite sum has lost nothing that could be known. */
static inline double gradc_rounded(double sum, double low)
{
    return low == low ? sum + low : sum;
}

/* Vectors as wide as the machine's, through an extension that gcc and clang share; loads and stores need no alignment. */
#if defined(__AVX512F__)
#define GRADC_BYTES 64
#elif defined(__AVX__)
#define GRADC_BYTES 32
#else
#define GRADC_BYTES 16
#endif
#define GRADC_LANES ((int64_t)(GRADC_BYTES / sizeof(double)))

typedef double gradc_vector __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));
typedef int64_t gradc_mask __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));

/* C[i, j] (+)= sum over k < depth of A[i, k] * B[k, j], for any strides, in blocks that stay in registers.
 *
 * Panels of B, a few vectors wide, are copied so that they are read in order; A is read where it is. Vectors run along
 * the columns of C, which are best contiguous. After Goto and van de Geijn, Anatomy of High-Performance Matrix
 * Multiplication (ACM TOMS 34, 2008). */
#if GRADC_BYTES == 64
#define GRADC_ROWS 8
#else
#define GRADC_ROWS 4
#endif
#define GRADC_WIDE 3    /* vectors in a panel: 3 for each of 4 rows, or of 8, fill the registers */
#define GRADC_DEPTH 128 /* rows in a panel: it stays in the first-level cache */

/* Writes a block that is no row of whole vectors. */
static void gradc_put(int rows, int64_t columns, const double *restrict block, int64_t width,
                      double *restrict c, int64_t c_row, int64_t c_column, int add)
{
    for (int64_t j = 0; j < columns; ++j) {
        for (int r = 0; r < rows; ++r) {
            double *restrict place = c + r * c_row + j * c_column;
            *place = (add ? *place : 0) + block[r * width + j];
        }
    }
}

/* One block: `rows` by `wide` vectors, both known where it is inlined. */
__attribute__((always_inline)) static inline void gradc_block(
    const int rows, const int wide, int64_t depth, const double *restrict a, int64_t a_row, int64_t a_depth,
    const double *restrict panel, double *restrict c, int64_t c_row, int64_t c_column, int64_t columns, int add)
{
    gradc_vector sum[GRADC_ROWS][GRADC_WIDE];
    for (int r = 0; r < rows; ++r) {
        for (int v = 0; v < wide; ++v) {
            sum[r][v] = (gradc_vector){0};
        }
    }
    for (int64_t k = 0; k < depth; ++k) {
        gradc_vector b[GRADC_WIDE];
        for (int v = 0; v < wide; ++v) {
            b[v] = *(const gradc_vector *)(panel + (k * wide + v) * GRADC_LANES);
        }
        for (int r = 0; r < rows; ++r) {
            const double x = a[r * a_row + k * a_depth];
            for (int v = 0; v < wide; ++v) {
                sum[r][v] += x * b[v];
            }
        }
    }
    if (c_column == 1 && columns == wide * GRADC_LANES) {
        for (int r = 0; r < rows; ++r) {
            for (int v = 0; v < wide; ++v) {
                gradc_vector *place = (gradc_vector *)(c + r * c_row + v * GRADC_LANES);
                if (add) {
                    sum[r][v] += *place;
                }
                *place = sum[r][v];
            }
        }
        return;
    }
    double block[GRADC_ROWS * GRADC_WIDE * GRADC_BYTES / sizeof(double)];
    for (int r = 0; r < rows; ++r) {
        for (int v = 0; v < wide; ++v) {
            *(gradc_vector *)(block + (r * wide + v) * GRADC_LANES) = sum[r][v];
        }
    }
    gradc_put(rows, columns, block, wide * GRADC_LANES, c, c_row, c_column, add);
}

static void gradc_product(int64_t rows, int64_t columns, int64_t depth, const double *restrict a, int64_t a_row,
                          int64_t a_depth, const double *restrict b, int64_t b_depth, int64_t b_column,
                          double *restrict c, int64_t c_row, int64_t c_column, int add, int below)
{
    double panel[GRADC_DEPTH * GRADC_WIDE * GRADC_BYTES / sizeof(double)] __attribute__((aligned(GRADC_BYTES)));
    for (int64_t from = 0; from < depth || from == 0; from += GRADC_DEPTH) {
        const int64_t deep = depth - from < GRADC_DEPTH ? depth - from : GRADC_DEPTH;
        for (int64_t left = 0, wide; left < columns; left += wide * GRADC_LANES) {
            const int64_t rest = columns - left;
            wide = rest >= GRADC_WIDE * GRADC_LANES ? GRADC_WIDE : (rest + GRADC_LANES - 1) / GRADC_LANES;
            const int64_t width = wide * GRADC_LANES, used = rest < width ? rest : width;
            for (int64_t k = 0; k < deep; ++k) {
                const double *restrict source = b + (from + k) * b_depth + left * b_column;
                for (int64_t j = 0; j < used; ++j) {
                    panel[k * width + j] = source[j * b_column];
                }
                for (int64_t j = used; j < width; ++j) {
                    panel[k * width + j] = 0;
                }
            }
            const double *restrict start = a + from * a_depth;
            double *restrict target = c + left * c_column;
            const int more = add || from > 0;
            int64_t i = below ? left - left % GRADC_ROWS : 0; /* rows above a block of the diagonal are not asked for */
            for (; i + GRADC_ROWS <= rows; i += GRADC_ROWS) {
#define GRADC_CASE(count, vectors) \
    gradc_block(count, vectors, deep, start + i * a_row, a_row, a_depth, panel, target + i * c_row, c_row, c_column, used, more)
                if (wide == 3) {
                    GRADC_CASE(GRADC_ROWS, 3);
                } else if (wide == 2) {
                    GRADC_CASE(GRADC_ROWS, 2);
                } else {
                    GRADC_CASE(GRADC_ROWS, 1);
                }
            }
            for (; i < rows; ++i) {
                if (wide == 3) {
                    GRADC_CASE(1, 3);
                } else if (wide == 2) {
                    GRADC_CASE(1, 2);
                } else {
                    GRADC_CASE(1, 1);
                }
#undef GRADC_CASE
            }
        }
    }
}

size_t itakura_saito_value_work(int64_t n, int64_t k, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d*k + 68*d, 0) * (gradc_bytes(128*d, sizeof(double)));
}

int itakura_saito_value(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                        const double *restrict V, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 3*d*k + 68*d, 0);
    const size_t part_bytes = gradc_bytes(128*d, sizeof(double));
    double value__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        double value__part = 0.0;
        double value__part_low = 0.0;
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
            const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

            /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, d, k, &W[tile_begin*k], k, 1, H, d, 1, t0, d, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := abs(t0[i, l]) <= abs(V[i, l]), s1 := where(s0, t0[i, l], V[i, l]),
             *    where((0 < t0[i, l]) & (0 < V[i, l]), kl_div(t0[i, l], V[i, l]) / t0[i, l], V[i, l] / t0[i, l] -
             *    where(s0, 1, -1) * log1p((where(s0, V[i, l], t0[i, l]) - s1) / s1) - 1))) */
            double value__part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value__part_sum))
                for (int64_t l = 0; l < d; ++l) {
                    const double t0_il = t0[(i - tile_begin)*d + l];
                    const double V_il = V[i*d + l];
                    const int v0 = fabs(t0_il) <= fabs(V_il);
                    const double v1 = v0 ? t0_il : V_il;
                    const double v2 = (0.0 < t0_il) && (0.0 < V_il) ? gradc_kl_div(t0_il, V_il) / t0_il : V_il / t0_il - (v0 ? 1.0 : -1.0) * gradc_log1p(((v0 ? V_il : t0_il) - v1) / v1) - 1.0;
                    value__part_sum += v2;
                }
            }
            gradc_add(&value__part, &value__part_low, value__part_sum);
        }
        value__part = gradc_rounded(value__part, value__part_low);
        value__parts[part] = value__part;
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value__parts[part];
    }
    *value = value_;
    return 0;
}

size_t itakura_saito_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return 0;
}

int itakura_saito_forward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                          const double *restrict V, double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;
    for (int64_t at = 0; at < d*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
    gradc_product(n, d, k, W, k, 1, H, d, 1, t0, d, 1, 1, 0);
    const int64_t parts = gradc_parts(n, 68*d, 0);
    double value__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        double value__part = 0.0;
        double value__part_low = 0.0;
        const int64_t tile_rows = gradc_rows(2*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* value = sum[i:n, l:d](let(s0 := abs(t0[i, l]) <= abs(V[i, l]), s1 := where(s0, t0[i, l], V[i, l]),
             *    where((0 < t0[i, l]) & (0 < V[i, l]), kl_div(t0[i, l], V[i, l]) / t0[i, l], V[i, l] / t0[i, l] -
             *    where(s0, 1, -1) * log1p((where(s0, V[i, l], t0[i, l]) - s1) / s1) - 1))) */
            double value__part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value__part_sum))
                for (int64_t l = 0; l < d; ++l) {
                    const double t0_il = t0[i*d + l];
                    const double V_il = V[i*d + l];
                    const int v0 = fabs(t0_il) <= fabs(V_il);
                    const double v1 = v0 ? t0_il : V_il;
                    const double v2 = (0.0 < t0_il) && (0.0 < V_il) ? gradc_kl_div(t0_il, V_il) / t0_il : V_il / t0_il - (v0 ? 1.0 : -1.0) * gradc_log1p(((v0 ? V_il : t0_il) - v1) / v1) - 1.0;
                    value__part_sum += v2;
                }
            }
            gradc_add(&value__part, &value__part_low, value__part_sum);
        }
        value__part = gradc_rounded(value__part, value__part_low);
        value__parts[part] = value__part;
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value__parts[part];
    }
    *value = value_;
    return 0;
}

size_t itakura_saito_backward_work(int64_t n, int64_t k, int64_t d)
{
    return (size_t)gradc_parts(n, 6*d*k + 35*d, d*k) * (gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*d, sizeof(double)));
}

int itakura_saito_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                           const double *restrict V, const double *restrict t0, double cotangent,
                           double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 6*d*k + 35*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_H_part = part == 0 ? grad_H : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t1 = (void *)own;
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H_part[at] = 0.0;
        }
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
            const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

            /* t1[i:n, l:d] = let(s0 := (0 < t0[i, l]) & (0 < V[i, l]), where(s0, cotangent * (t0[i, l] - V[i, l])
             *    / t0[i, l] / t0[i, l], 0) + (where(s0, 0, cotangent / t0[i, l]) + where(s0, 0, -(cotangent * V[i,
             *    l] / t0[i, l] / t0[i, l])))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    const double t0_il = t0[i*d + l];
                    const double V_il = V[i*d + l];
                    const int v0 = (0.0 < t0_il) && (0.0 < V_il);
                    const double v1 = (v0 ? cotangent * (t0_il - V_il) / t0_il / t0_il : 0.0) + ((v0 ? 0.0 : cotangent / t0_il) + (v0 ? 0.0 : -(cotangent * V_il / t0_il / t0_il)));
                    t1[(i - tile_begin)*d + l] = v1;
                }
            }

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * t1[i, l]) */
            gradc_product(tile_end - tile_begin, k, d, t1, d, 1, H, 1, d, &grad_W[tile_begin*k], k, 1, 0, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t1[i, l]) */
            gradc_product(k, d, tile_end - tile_begin, &W[tile_begin*k], 1, k, t1, d, 1, grad_H_part, d, 1, 1, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_H_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    return 0;
}

size_t itakura_saito_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    return (size_t)gradc_parts(n, 9*d*k + 92*d, d*k) * (gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double)));
}

int itakura_saito_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                                 const double *restrict V, double *restrict value, double *restrict grad_W,
                                 double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 9*d*k + 92*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    double value__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_H_part = part == 0 ? grad_H : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t0 = (void *)own;
        own += gradc_bytes(128*d, sizeof(double));
        double *const t1 = (void *)own;
        double value__part = 0.0;
        double value__part_low = 0.0;
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H_part[at] = 0.0;
        }
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
            const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

            /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, d, k, &W[tile_begin*k], k, 1, H, d, 1, t0, d, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := abs(t0[i, l]) <= abs(V[i, l]), s1 := where(s0, t0[i, l], V[i, l]),
             *    where((0 < t0[i, l]) & (0 < V[i, l]), kl_div(t0[i, l], V[i, l]) / t0[i, l], V[i, l] / t0[i, l] -
             *    where(s0, 1, -1) * log1p((where(s0, V[i, l], t0[i, l]) - s1) / s1) - 1))) */
            /* t1[i:n, l:d] = let(s0 := (0 < t0[i, l]) & (0 < V[i, l]), where(s0, (t0[i, l] - V[i, l]) / t0[i, l] /
             *    t0[i, l], 0) + (where(s0, 0, -(-1 / t0[i, l])) + where(s0, 0, -(V[i, l] / t0[i, l] / t0[i, l])))) */
            double value__part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value__part_sum))
                for (int64_t l = 0; l < d; ++l) {
                    const double t0_il = t0[(i - tile_begin)*d + l];
                    const double V_il = V[i*d + l];
                    const int v0 = (0.0 < t0_il) && (0.0 < V_il);
                    const double v1 = V_il / t0_il;
                    const int v2 = fabs(t0_il) <= fabs(V_il);
                    const double v3 = v2 ? t0_il : V_il;
                    const double v4 = v0 ? gradc_kl_div(t0_il, V_il) / t0_il : v1 - (v2 ? 1.0 : -1.0) * gradc_log1p(((v2 ? V_il : t0_il) - v3) / v3) - 1.0;
                    const double v5 = (v0 ? (t0_il - V_il) / t0_il / t0_il : 0.0) + ((v0 ? 0.0 : -(-1.0 / t0_il)) + (v0 ? 0.0 : -(v1 / t0_il)));
                    value__part_sum += v4;
                    t1[(i - tile_begin)*d + l] = v5;
                }
            }
            gradc_add(&value__part, &value__part_low, value__part_sum);

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * t1[i, l]) */
            gradc_product(tile_end - tile_begin, k, d, t1, d, 1, H, 1, d, &grad_W[tile_begin*k], k, 1, 0, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t1[i, l]) */
            gradc_product(k, d, tile_end - tile_begin, &W[tile_begin*k], 1, k, t1, d, 1, grad_H_part, d, 1, 1, 0);
        }
        value__part = gradc_rounded(value__part, value__part_low);
        value__parts[part] = value__part;
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value__parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_H_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    *value = value_;
    return 0;
}
