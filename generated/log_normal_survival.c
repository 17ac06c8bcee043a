/* log_normal_survival: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_sigma: real, X: real[n, d], time: real[n], event: real[n]):
 *         t0 = exp(-log_sigma)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i], 0.9189385332046727 + (s0 + (log_sigma + 0.5 * s1 ** 2)), -log_ndtr(-
 *         value = t2 / n
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

#include "log_normal_survival.h"

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

/* The bits of a number, and the number of some bits. */
static inline uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

static inline double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* exp(x + low) = 2^k exp(r), r = x + low - k log(2) in [-log(2)/2, log(2)/2], for a low of less than 1. Adding 1.5
 * * 2^52 rounds to a whole number and leaves it in the last bits; 2^k is two factors, so that results below the
 * smallest normal number are rounded once. */
static inline double gradc_exp_sum(double x, double low)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0; /* 1.5 * 2^52 + 2 * 1023 */
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r + 2.480150457228083e-05) * r
        + 0.00019841269902955413) * r + 0.0013888888932253416) * r + 0.008333333333314638) * r + 0.04166666666657411) * r
        + 0.16666666666666685) * r + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* exp(x). */
static inline double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

/* x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): gives f. Subnormal numbers are scaled by 2^54, and the
 * exponent's bits become a number as the last bits of 2^52. */
static inline double gradc_split(double x, double *k)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    *k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    return gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
}

/* log(1 + f) + low, 1 + f in [sqrt(1/2), sqrt(2)): with s = f / (2 + f) it is 2 atanh(s) = f - f^2/2 + s (f^2/2 +
 * s^2 P(s^2)), whose first term is exact. */
static inline double gradc_log1p_near(double f, double low)
{
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z + 0.22222198567102774) * z
        + 0.2857142874243524) * z + 0.39999999999414526) * z + 0.6666666666666734;
    return f - (h - (s * (h + z * p) + low));
}

/* log(x) = k log(2) + log(1 + f). */
static inline double gradc_log(double x)
{
    double k;
    const double f = gradc_split(x, &k);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
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

/* exp(s x^2) for s = 1 or -1/2, to within an ulp: the square is carried in two doubles, x^2 = p + e, and exp(s p +
 * s e) = exp(s p) (1 + s e) as |e| < 2^-43 wherever the result is finite and not zero. */
static double gradc_exp_square(double s, double x)
{
    const double p = x * x;
    double y;
    if (!(p < 2048.0))
        return exp(s * p);
    y = exp(s * p);
    return y + y * (s * fma(x, x, -p));
}

/* exp(x^2) erfc(x): polynomials on [-1, -1/4], [-1/4, 1/4], [1/4, 1], [1, 2], [2, 4], [4, 8], the asymptotic series
 * x erfcx(x) ~ 1/sqrt(pi) sum (-1)^k (2k-1)!! / (2 x^2)^k (DLMF 7.12.1), economised, from 8 on, and 2 exp(x^2) -
 * erfcx(-x) below -1. In pieces as in W. J. Cody, Rational Chebyshev approximations for the error function, Math.
 * Comp. 23 (1969), 631-637. */
static double gradc_erfcx(double x)
{
    static const double gradc_erfcx_0[] = {
        2.398994509950114, -4.127122304533156, 4.978445950283336, -4.825767348973455,
        3.997275271695872, -2.929625757518168, 1.942763790048895, -1.1839580358109638,
        0.6706843905562292, -0.35625240399836783, 0.1786684304624622, -0.08507624178333695,
        0.03864014353367318, -0.016805729454290496, 0.007020959093866876, -0.0028149245659425037,
        0.0010946362452052163, -0.00045050058939539707, 0.0001635624751853149,
    };
    static const double gradc_erfcx_1[] = {
        1.0, -1.1283791670955126, 1.0000000000000004, -0.7522527780636752,
        0.4999999999998754, -0.30090111122542795, 0.16666666668261254, -0.08597174606980196,
        0.04166666566525388, -0.019104832120753153, 0.00833336746422473, -0.003473617422687332,
        0.0013882451892716272, -0.0005341835933737815, 0.00020471654676029825, -7.338225153584702e-05,
    };
    static const double gradc_erfcx_2[] = {
        0.5568138808733625, -0.4323618160038094, 0.2865877458709816, -0.1688296498896342,
        0.09053460734498228, -0.04489820811925252, 0.020824409089970842, -0.00910941499819971,
        0.0037827561862021257, -0.0014989312630490515, 0.0005691846708774014, -0.00020785795793011727,
        7.321426783943345e-05, -2.4899411117182083e-05, 8.221069036686161e-06, -2.79298636715269e-06,
        8.684484113012588e-07,
    };
    static const double gradc_erfcx_3[] = {
        0.3215854164543175, -0.16362291773256005, 0.0761510398554774, -0.03293090529956527,
        0.013377340953067394, -0.0051459575478377826, 0.0018861348769919975, -0.0006619300701084315,
        0.0002233099453004411, -7.265887301589559e-05, 2.2864299608127746e-05, -6.97536222785843e-06,
        2.0670657912156654e-06, -5.944961119917664e-07, 1.6714292901928126e-07, -4.9545807838901603e-08,
        1.3242541506849586e-08,
    };
    static const double gradc_erfcx_4[] = {
        0.17900115118138996, -0.05437226000717287, 0.01588437115987136, -0.00447943101837258,
        0.0012230390523759822, -0.00032412554449670324, 8.355413963925958e-05, -2.0989464462229973e-05,
        5.146436493852072e-06, -1.2333677143104898e-06, 2.8926692938101366e-07, -6.646690382092543e-08,
        1.4977112890287265e-08, -3.312780752600577e-09, 7.206556491473509e-10, -1.539306000137148e-10,
        3.165046186861128e-11, -6.555844952443731e-12, 1.6647790649164353e-12, -3.32463503923892e-13,
    };
    static const double gradc_erfcx_5[] = {
        0.09277656780053835, -0.015060353489052321, 0.0024144468662244205, -0.0003824481944705051,
        5.987884970076073e-05, -9.270038506541105e-06, 1.4195395535806798e-06, -2.150860524044952e-07,
        3.225581030524989e-08, -4.789154205388809e-09, 7.041764094831803e-10, -1.0256213784536454e-10,
        1.4801038508056053e-11, -2.1167488762479203e-12, 2.9987116126098005e-13, -4.2148199443205474e-14,
        5.934916095594772e-15, -8.200146087896092e-16, 1.011527055502778e-16, -1.3809061281701986e-17,
        3.0539138854703963e-18, -4.067980830006641e-19,
    };
    static const double gradc_erfcx_tail[] = {
        0.5641895835477563, -0.28209479177387453, 0.42314218765313183, -1.0578554628098449,
        3.702491472744577, -16.66057448672644, 91.53972990498953, -586.5240186310999,
        3933.1437972155836, -19269.359025840087,
    };
    const double y = x < -1.0 ? -x : x;
    double e;
    if (isnan(x))
        return x;
    if (x < -27.0)
        return INFINITY;
    if (y < -0.25)
        return gradc_polynomial(gradc_erfcx_0, (int)(sizeof gradc_erfcx_0 / sizeof(double)), y + 0.625);
    if (y < 0.25)
        return gradc_polynomial(gradc_erfcx_1, (int)(sizeof gradc_erfcx_1 / sizeof(double)), y);
    if (y < 1.0)
        return gradc_polynomial(gradc_erfcx_2, (int)(sizeof gradc_erfcx_2 / sizeof(double)), y - 0.625);
    if (y < 2.0)
        e = gradc_polynomial(gradc_erfcx_3, (int)(sizeof gradc_erfcx_3 / sizeof(double)), y - 1.5);
    else if (y < 4.0)
        e = gradc_polynomial(gradc_erfcx_4, (int)(sizeof gradc_erfcx_4 / sizeof(double)), y - 3.0);
    else if (y < 8.0)
        e = gradc_polynomial(gradc_erfcx_5, (int)(sizeof gradc_erfcx_5 / sizeof(double)), y - 6.0);
    else
        e = gradc_polynomial(gradc_erfcx_tail, (int)(sizeof gradc_erfcx_tail / sizeof(double)), 1.0 / y / y) / y;
    return x < 0.0 ? 2.0 * gradc_exp_square(1.0, x) - e : e;
}

/* exp(x^2/2) (1 - Phi(x)) = erfcx(x/sqrt(2))/2, Mills' ratio of the normal distribution over sqrt(2 pi), for x >=
 * 1/2: polynomials on [1/2, 3/2], [3/2, 3], [3, 5], [5, 9], and from 9 on the economised asymptotic series (DLMF
 * 7.12.1). */
static double gradc_mills(double x)
{
    static const double gradc_mills_0[] = {
        0.2615782918651234, -0.1373639885363093, 0.06210715166440729, -0.025085612290634145,
        0.009255384843421173, -0.0031660454894335073, 0.001014889893039566, -0.00030730794259255066,
        8.8447732667314e-05, -2.4317797516137e-05, 6.413088623377996e-06, -1.627729513350143e-06,
        3.983300862601163e-07, -9.443970382149253e-08, 2.2814253347431014e-08, -5.0825573925898426e-09,
    };
    static const double gradc_mills_1[] = {
        0.15365193742384164, -0.05322542119778898, 0.016947369864408205, -0.0050312796676242125,
        0.0014067476530639528, -0.0003732194896284938, 9.450063355694046e-05, -2.2941866500215576e-05,
        5.360179331525487e-06, -1.2090502786893989e-06, 2.639811515560342e-07, -5.59214410484363e-08,
        1.1514589810374938e-08, -2.3012210931624527e-09, 4.500912828245548e-10, -9.354398937678186e-11,
        1.740536062282066e-11,
    };
    static const double gradc_mills_2[] = {
        0.09441064130196894, -0.02129971519355693, 0.004605890263870602, -0.0009587180460248355,
        0.00019275451994290888, -3.753999325072839e-05, 7.099091155701395e-06, -1.3062326604433904e-06,
        2.342700692079462e-07, -4.101693442701378e-08, 7.020218784561502e-09, -1.1759981199847505e-09,
        1.93043260310875e-10, -3.107445393975918e-11, 4.886234952081805e-12, -7.587476391178987e-13,
        1.2859445317305873e-13, -1.9248480928984838e-14,
    };
    static const double gradc_mills_3[] = {
        0.055893482440540536, -0.00768790331764894, 0.0010390796084989774, -0.00013811535271870666,
        1.806803486698353e-05, -2.327821729928185e-06, 2.955471263253161e-07, -3.699883517813161e-08,
        4.569409883327768e-09, -5.569961110243649e-10, 6.704382894040337e-11, -7.971842105685496e-12,
        9.366771463530008e-13, -1.0881116224287496e-13, 1.2523663304326165e-14, -1.4230996026616487e-15,
        1.550712797514676e-16, -1.7282595681788493e-17, 2.489219247497619e-18, -2.7047123969297597e-19,
    };
    static const double gradc_mills_tail[] = {
        0.3989422804014327, -0.39894228040141905, 1.1968268411598895, -5.984134149344756,
        41.88890213775537, -376.9860242247461, 4143.4870935711015, -53350.80909518888,
        749607.2608713029, -9645377.811876958, 76159196.495026,
    };
    if (x < 1.5)
        return gradc_polynomial(gradc_mills_0, (int)(sizeof gradc_mills_0 / sizeof(double)), x - 1.0);
    if (x < 3.0)
        return gradc_polynomial(gradc_mills_1, (int)(sizeof gradc_mills_1 / sizeof(double)), x - 2.25);
    if (x < 5.0)
        return gradc_polynomial(gradc_mills_2, (int)(sizeof gradc_mills_2 / sizeof(double)), x - 4.0);
    if (x < 9.0)
        return gradc_polynomial(gradc_mills_3, (int)(sizeof gradc_mills_3 / sizeof(double)), x - 7.0);
    return gradc_polynomial(gradc_mills_tail, (int)(sizeof gradc_mills_tail / sizeof(double)), 1.0 / x / x) / x;
}

/* The normal distribution function Phi(x) = erfc(-x/sqrt(2))/2, through Mills' ratio outside [-1/2, 1/2], with the
 * exponent in two doubles, so that the tail keeps its relative accuracy. */
static double gradc_ndtr(double x)
{
    double tail;
    if (fabs(x) <= 0.5 || isnan(x))
        return 0.5 + 0.5 * erf(0.70710678118654752440 * x);
    tail = gradc_exp_square(-0.5, x) * gradc_mills(fabs(x));
    return x < 0.0 ? tail : 1.0 - tail;
}

/* log Phi(x): -x^2/2 and the logarithm of Mills' ratio of -x in the lower tail, log1p(-Phi(-x)) in the upper half. */
static double gradc_log_ndtr(double x)
{
    if (x < -1.0)
        return -0.5 * x * x + log(gradc_mills(-x));
    return x < 0.0 ? log(gradc_ndtr(x)) : log1p(-gradc_ndtr(-x));
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

/* z[j] += sum over i < rows of a[i, j] * x[i], a's rows contiguous: z stays in registers, a few vectors at a time. */
__attribute__((always_inline)) static inline void gradc_strip(
    const int wide, int64_t rows, const double *restrict a, int64_t a_row, const double *restrict x, int64_t x_step,
    double *restrict z, gradc_mask used)
{
    gradc_vector even[6], odd[6];
    for (int v = 0; v < wide; ++v) {
        even[v] = odd[v] = (gradc_vector){0};
    }
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
        const double first = x[i * x_step], second = x[(i + 1) * x_step];
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
            odd[v] += second * *(const gradc_vector *)(a + (i + 1) * a_row + v * GRADC_LANES);
        }
    }
    if (i < rows) {
        const double first = x[i * x_step];
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
        }
    }
    for (int v = 0; v < wide; ++v) {
        gradc_vector *place = (gradc_vector *)(z + v * GRADC_LANES);
        const gradc_vector more = even[v] + odd[v];
        *place += v + 1 == wide ? (gradc_vector)((gradc_mask)more & used) : more;
    }
}

static void gradc_combine(int64_t rows, int64_t columns, const double *restrict a, int64_t a_row,
                          const double *restrict x, int64_t x_step, double *restrict z)
{
    const int64_t last = columns - GRADC_LANES;
    gradc_mask all = {0};
    all = ~all;
    int64_t j = 0;
    for (; j + 6 * GRADC_LANES <= columns; j += 6 * GRADC_LANES) {
        gradc_strip(6, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + 2 * GRADC_LANES <= columns; j += 2 * GRADC_LANES) {
        gradc_strip(2, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + GRADC_LANES <= columns; j += GRADC_LANES) {
        gradc_strip(1, rows, a + j, a_row, x, x_step, z + j, all);
    }
    if (j < columns && last >= 0) { /* what overlaps is computed again, and masked out */
        for (int64_t k = 0; k < GRADC_LANES; ++k) {
            all[k] = last + k >= j ? -1 : 0;
        }
        gradc_strip(1, rows, a + last, a_row, x, x_step, z + last, all);
        return;
    }
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t k = j; k < columns; ++k) {
            z[k] += a[i * a_row + k] * x[i * x_step];
        }
    }
}

/* The sum of a vector's lanes. Halves are added as vectors of their own: a lane written by its number costs a trip through
 * memory. */
static inline double gradc_total(gradc_vector sum)
{
    typedef double quarter __attribute__((vector_size(16)));
    quarter least;
#if GRADC_BYTES == 64
    typedef double half __attribute__((vector_size(32)));
    half low, high;
    __builtin_memcpy(&low, &sum, sizeof(half));
    __builtin_memcpy(&high, (const char *)&sum + sizeof(half), sizeof(half));
    low += high;
#else
    const gradc_vector low = sum;
#endif
    __builtin_memcpy(&least, &low, sizeof(quarter));
#if GRADC_BYTES > 16
    quarter more;
    __builtin_memcpy(&more, (const char *)&low + sizeof(quarter), sizeof(quarter));
    least += more;
#endif
    const int64_t few = 16 / sizeof(double);
    return few == 2 ? least[0] + least[1] : (least[0] + least[few / 2]) + (least[1] + least[few - 1]);
}

/* z[i] (+)= sum over j < depth of a[i, j] * x[j], a's rows contiguous: four rows at a time, so that x is loaded once for
 * them. The last vector of a row overlaps the one before it, and what that one has counted is masked out. */
static void gradc_dots(int64_t rows, int64_t depth, const double *restrict a, int64_t a_row,
                       const double *restrict x, double *restrict z, int64_t z_row, int add)
{
    const int64_t whole = depth / GRADC_LANES * GRADC_LANES, last = depth - GRADC_LANES;
    int64_t i = 0;
    if (last >= 0) {
        gradc_mask late = {0};
        for (int64_t j = 0; j < GRADC_LANES; ++j) {
            late[j] = last + j >= whole ? -1 : 0;
        }
        for (; i + 4 <= rows; i += 4) {
            const double *restrict row = a + i * a_row;
            gradc_vector sum[4] = {{0}, {0}, {0}, {0}};
            for (int64_t j = 0; j < whole; j += GRADC_LANES) {
                const gradc_vector v = *(const gradc_vector *)(x + j);
                for (int r = 0; r < 4; ++r) {
                    sum[r] += *(const gradc_vector *)(row + r * a_row + j) * v;
                }
            }
            if (whole < depth) {
                const gradc_vector v = *(const gradc_vector *)(x + last);
                for (int r = 0; r < 4; ++r) {
                    const gradc_vector term = *(const gradc_vector *)(row + r * a_row + last) * v;
                    sum[r] += (gradc_vector)((gradc_mask)term & late);
                }
            }
            for (int r = 0; r < 4; ++r) {
                double *restrict place = z + (i + r) * z_row;
                *place = (add ? *place : 0) + gradc_total(sum[r]);
            }
        }
    }
    for (; i < rows; ++i) {
        double sum = 0;
        for (int64_t j = 0; j < depth; ++j) {
            sum += a[i * a_row + j] * x[j];
        }
        z[i * z_row] = (add ? z[i * z_row] : 0) + sum;
    }
}

size_t log_normal_survival_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 56, 0) * (gradc_bytes(128, sizeof(double)));
}

int log_normal_survival_value(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                              const double *restrict X, const double *restrict time_, const double *restrict event,
                              double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t0 = exp(-log_sigma) */
    const double t0 = gradc_exp(-log_sigma);
    const int64_t parts = gradc_parts(n, 3*d + 56, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t1 = (void *)own;
        double t2_part = 0.0;
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
            gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

            /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i],
             *    0.9189385332046727 + (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
            double t2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_log(time_[i]);
                const double v1 = t0 * (v0 - t1[i - tile_begin]);
                const double v2 = 0.0 < event[i] ? 0.9189385332046727 + (v0 + (log_sigma + 0.5 * (v1 * v1))) : -gradc_log_ndtr(-v1);
                t2_part_sum += v2;
            }
            t2_part += t2_part_sum;
        }
        t2_parts[part] = t2_part;
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    return 0;
}

size_t log_normal_survival_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int log_normal_survival_forward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                const double *restrict X, const double *restrict time_, const double *restrict event,
                                double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    (void)work;

    /* t0 = exp(-log_sigma) */
    const double t0_ = gradc_exp(-log_sigma);
    const int64_t parts = gradc_parts(n, 3*d + 56, 0);
    double t2_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        double t2_part = 0.0;
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
            gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &t1[tile_begin], 1, 0);

            /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i],
             *    0.9189385332046727 + (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
            double t2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_log(time_[i]);
                const double v1 = t0_ * (v0 - t1[i]);
                const double v2 = 0.0 < event[i] ? 0.9189385332046727 + (v0 + (log_sigma + 0.5 * (v1 * v1))) : -gradc_log_ndtr(-v1);
                t2_part_sum += v2;
            }
            t2_part += t2_part_sum;
        }
        t2_parts[part] = t2_part;
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    *t0 = t0_;
    return 0;
}

size_t log_normal_survival_backward_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 117, d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int log_normal_survival_backward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                 const double *restrict X, const double *restrict time_, const double *restrict event,
                                 double t0, const double *restrict t1, double cotangent, double *restrict grad_w,
                                 double *restrict grad_log_sigma, void *restrict work)
{
    (void)w;
    (void)log_sigma;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 117, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    double t5_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_w_part = part == 0 ? grad_w : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const t3 = (void *)own;
        double t4_part = 0.0;
        double t5_part = 0.0;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t3[i:n] = let(s0 := 0 < event[i], s1 := t0 * (log(time[i]) - t1[i]), s2 := -s1, -(t0 * (where(s0, t2
             *    * s1, 0) + where(s0, 0, -where(s2 < 0, -(0.7978845608028654 * t2 / erfcx(-(-0.7071067811865476 *
             *    s1))), -(t2 * (0.3989422804014327 * exp(-0.5 * (s1 * s1))) / ndtr(s2))))))) */
            /* t4 = sum[i:n](where(0 < event[i], t2, 0)) */
            /* t5 = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := 0 < event[i], s2 := t0 * s0, s3 := -s2, s0 *
             *    (where(s1, t2 * s2, 0) + where(s1, 0, -where(s3 < 0, -(0.7978845608028654 * t2 /
             *    erfcx(-(-0.7071067811865476 * s2))), -(t2 * (0.3989422804014327 * exp(-0.5 * (s2 * s2))) /
             *    ndtr(s3))))))) */
            const double v4 = 0.7978845608028654 * t2;
            double t4_part_sum = 0.0;
            double t5_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_part_sum, t5_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int v0 = 0.0 < event[i];
                const double v1 = gradc_log(time_[i]) - t1[i];
                const double v2 = t0 * v1;
                const double v3 = -v2;
                const double v5 = v3 < 0.0 ? -(v4 / gradc_erfcx(-(-0.7071067811865476 * v2))) : -(t2 * (0.3989422804014327 * gradc_exp(-0.5 * (v2 * v2))) / gradc_ndtr(v3));
                const double v6 = (v0 ? t2 * v2 : 0.0) + (v0 ? 0.0 : -v5);
                t3[i - tile_begin] = -(t0 * v6);
                t4_part_sum += v0 ? t2 : 0.0;
                t5_part_sum += v1 * v6;
            }
            t4_part += t4_part_sum;
            t5_part += t5_part_sum;

            /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t3, 1, grad_w_part);
        }
        t4_parts[part] = t4_part;
        t5_parts[part] = t5_part;
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* grad_log_sigma = t4 - t0 * t5 */
    *grad_log_sigma = t4 - t0 * t5;
    return 0;
}

size_t log_normal_survival_value_and_grad_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 6*d + 144, d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int log_normal_survival_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                       const double *restrict X, const double *restrict time_,
                                       const double *restrict event, double *restrict value, double *restrict grad_w,
                                       double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t0 = exp(-log_sigma) */
    /* t3 = 1 / n */
    const double t0 = gradc_exp(-log_sigma);
    const double t3 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 144, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double t5_parts[GRADC_PARTS];
    double t6_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_w_part = part == 0 ? grad_w : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const t1 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        double t2_part = 0.0;
        double t5_part = 0.0;
        double t6_part = 0.0;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
            gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

            /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i],
             *    0.9189385332046727 + (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
            /* t4[i:n] = let(s0 := 0 < event[i], s1 := t0 * (log(time[i]) - t1[i]), s2 := -s1, -(t0 * (where(s0, t3
             *    * s1, 0) + where(s0, 0, -where(s2 < 0, -(0.7978845608028654 * t3 / erfcx(-(-0.7071067811865476 *
             *    s1))), -(t3 * (0.3989422804014327 * exp(-0.5 * (s1 * s1))) / ndtr(s2))))))) */
            /* t5 = sum[i:n](where(0 < event[i], t3, 0)) */
            /* t6 = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := 0 < event[i], s2 := t0 * s0, s3 := -s2, s0 *
             *    (where(s1, t3 * s2, 0) + where(s1, 0, -where(s3 < 0, -(0.7978845608028654 * t3 /
             *    erfcx(-(-0.7071067811865476 * s2))), -(t3 * (0.3989422804014327 * exp(-0.5 * (s2 * s2))) /
             *    ndtr(s3))))))) */
            const double v6 = 0.7978845608028654 * t3;
            double t2_part_sum = 0.0;
            double t5_part_sum = 0.0;
            double t6_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_part_sum, t5_part_sum, t6_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int v0 = 0.0 < event[i];
                const double v1 = gradc_log(time_[i]);
                const double v2 = v1 - t1[i - tile_begin];
                const double v3 = t0 * v2;
                const double v4 = v3 * v3;
                const double v5 = -v3;
                const double v7 = v5 < 0.0 ? -(v6 / gradc_erfcx(-(-0.7071067811865476 * v3))) : -(t3 * (0.3989422804014327 * gradc_exp(-0.5 * v4)) / gradc_ndtr(v5));
                const double v8 = (v0 ? t3 * v3 : 0.0) + (v0 ? 0.0 : -v7);
                t2_part_sum += v0 ? 0.9189385332046727 + (v1 + (log_sigma + 0.5 * v4)) : -gradc_log_ndtr(v5);
                t4[i - tile_begin] = -(t0 * v8);
                t5_part_sum += v0 ? t3 : 0.0;
                t6_part_sum += v2 * v8;
            }
            t2_part += t2_part_sum;
            t5_part += t5_part_sum;
            t6_part += t6_part_sum;

            /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t4, 1, grad_w_part);
        }
        t2_parts[part] = t2_part;
        t5_parts[part] = t5_part;
        t6_parts[part] = t6_part;
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = t2 / n */
    /* grad_log_sigma = t5 - t6 * t0 */
    *value = t2 / (double)n;
    *grad_log_sigma = t5 - t0 * t6;
    return 0;
}
