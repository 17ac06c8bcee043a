/* von_mises: the loss, and its derivatives.
 *
 *     def program(mu: real, log_kappa: real, x: real[n]):
 *         t0 = sum[i:n](sin(0.5 * (x[i] - mu)) ** 2)
 *         value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double cos(double);
#pragma omp declare simd notinbranch
double sin(double);
#define GRADC_LIBMVEC
#endif
#endif

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#define GRADC_TILE 128  /* the most rows of a tile */
#define GRADC_PARTS 16  /* the most parts that rows go in, for threads to share */

/* Long straight-line code is cut into functions, which are not joined again: compilers' time grows faster than a function. */
#if defined(__GNUC__)
#define GRADC_APART __attribute__((noinline))
#else
#define GRADC_APART
#endif

#include "von_mises.h"

/* Whether loops have sines of gradc's own, which hold up to 10^6 only. */
#if defined(GRADC_LIBMVEC)
#define GRADC_NEAR 0
#else
#define GRADC_NEAR 1
#endif

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / GRADC_TILE ? work / least : (double)rows / GRADC_TILE;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / GRADC_TILE * part / parts * GRADC_TILE;
}

/* Calls rows(context, part, thread) for each part: through the function that GRADC_TEAM names, with OpenMP, or in order. No
 * two calls at one time have the same thread, which is less than `parts`. */
#if defined(GRADC_TEAM)
void GRADC_TEAM(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context);
#elif defined(_OPENMP)
#include <omp.h>
#endif
static void gradc_run(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context)
{
#if defined(GRADC_TEAM)
    GRADC_TEAM(parts, rows, context);
#elif defined(_OPENMP)
    const int threads = parts < omp_get_max_threads() ? (int)parts : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, omp_get_thread_num());
    }
#else
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, 0);
    }
#endif
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

/* r = x - k pi/2 in [-pi/4, pi/4], and the last bits of k: pi/2 is in four parts, of which three have 33 bits, so
 * that k times them is exact for |x| <= 10^6 (W. J. Cody and W. Waite, Software Manual for the Elementary Functions,
 * 1980). */
GRADC_INLINE double gradc_turn(double x, uint64_t *k)
{
    const double t = x * 0.6366197723675814 + 6755399441055744.0; /* 1.5 * 2^52 */
    const double n = t - 6755399441055744.0;
    *k = gradc_bits(t);
    return (((x - n * 1.5707963267341256) - n * 6.077100506303966e-11) - n * 2.0222662487111665e-21)
           - n * 8.478427660348229e-32;
}

/* sin(r) for |r| <= pi/4. */
GRADC_INLINE double gradc_sin_near(double r)
{
    const double z = r * r;
    /* fit: sin of z */
    const double p = ((((1.5896685558378755e-10 * z - 2.5050756327532975e-08) * z + 2.7557313681325e-06) * z
        - 0.00019841269829780147) * z + 0.008333333333322384) * z - 0.16666666666666632;
    return r + r * z * p;
}

/* cos(r) for |r| <= pi/4: 1 - r^2/2, whose rounding is added again, and the rest. */
GRADC_INLINE double gradc_cos_near(double r)
{
    const double z = r * r, h = 0.5 * z, w = 1.0 - h;
    /* fit: cos of z */
    const double p = ((((-1.135965574551564e-11 * z + 2.08757236567661e-09) * z - 2.755731435720736e-07) * z
        + 2.480158728950799e-05) * z - 0.0013888888888874183) * z + 0.0416666666666666;
    return w + (((1.0 - w) - h) + z * z * p);
}

#if defined(GRADC_LIBMVEC)
#define gradc_cos cos
#else
/* cos(x) for |x| <= 10^6, as gradc_sin, a quarter turn on. */
GRADC_INLINE double gradc_cos(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_sin_near(r) : gradc_cos_near(r);
    return gradc_number(gradc_bits(y) ^ ((k + 1) & 2) << 62);
}
#endif

/* exp(x + low) = 2^k exp(r), r = x + low - k log(2) in [-log(2)/2, log(2)/2], for a low of less than 1. Adding 1.5
 * * 2^52 rounds to a whole number and leaves it in the last bits; 2^k is two factors, so that results below the
 * smallest normal number are rounded once. */
GRADC_INLINE double gradc_exp_sum(double x, double low)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    /* 1.5 * 2^52 + 2 * 1023 */
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0;
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* exp(x). */
GRADC_INLINE double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

/* 1 beyond 10^6, where sines are the C library's, else 0. */
GRADC_INLINE double gradc_far_sine(double x)
{
    return fabs(x) > 1e6 ? 1.0 : 0.0;
}

/* x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): gives f. Subnormal numbers are scaled by 2^54, and the
 * exponent's bits become a number as the last bits of 2^52. */
GRADC_INLINE double gradc_split(double x, double *k)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    *k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    return gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
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

/* log(x) = k log(2) + log(1 + f). */
GRADC_INLINE double gradc_log(double x)
{
    double k;
    const double f = gradc_split(x, &k);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
}

#if defined(GRADC_LIBMVEC)
#define gradc_sin sin
#else
/* sin(x) for |x| <= 10^6: the sine or the cosine of what is left of a quarter turn. */
GRADC_INLINE double gradc_sin(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_cos_near(r) : gradc_sin_near(r);
    return x == 0.0 ? x : gradc_number(gradc_bits(y) ^ (k & 2) << 62);
}
#endif

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

/* The power series of the modified Bessel function I0 in x^2/4 (DLMF 10.25.2), economised, for |x| < 8. */
static double gradc_i0_series(double x)
{
    static const double gradc_i0_power[] = {
        1.0, 0.25, 0.027777777777777762, 0.001736111111111147,
        6.944444444440493e-05, 1.929012345705309e-06, 3.936759887993035e-08, 6.151187361364193e-10,
        7.594057685381156e-12, 7.594070019494474e-14, 6.275948796822122e-16, 4.359498405380122e-18,
        2.5722398177811744e-20, 1.3440225063774028e-22, 5.062353740472856e-25, 3.548836657975522e-27,
    };
    const double t = 0.25 * x * x;
    const double p = gradc_polynomial(gradc_i0_power, (int)(sizeof gradc_i0_power / sizeof(double)), t);
    return 1.0 + t * p;
}

/* exp(-|x|) I0(x): the power series below 8, and sqrt(x) exp(-x) I0(x) from there, as polynomials in x on [8, 16]
 * and [16, 32] and in 1/x beyond (DLMF 10.40.1, economised). In pieces as in J. M. Blair, Rational Chebyshev
 * approximations for the modified Bessel functions I0(x) and I1(x), Math. Comp. 28 (1974), 581-583. */
static double gradc_i0e(double x)
{
    static const double gradc_i0e_0[] = {
        0.40331226094986455, -0.0003839242089728585, 3.3826760231660506e-05, -2.9902260435541784e-06,
        2.653455307116481e-07, -2.365386876428941e-08, 2.120361038707958e-09, -1.9138373121682364e-10,
        1.7420404888557618e-11, -1.6013720841233767e-12, 1.487645387449055e-13, -1.3953416114700854e-14,
        1.316661041126022e-15, -1.2413802760824219e-16, 1.1637642830514386e-17, -1.0827597127138129e-18,
        9.603889230446774e-20, -7.680237066688577e-21, 6.706804999080396e-22, -6.978588490126308e-23,
        4.127304977097124e-24,
    };
    static const double gradc_i0e_1[] = {
        0.4010710650668474, -9.092367383820398e-05, 3.885682287240776e-06, -1.6615563728553446e-07,
        7.109413971194151e-09, -3.04395390233428e-10, 1.3041988697551197e-11, -5.592018112388426e-13,
        2.3995580832216892e-14, -1.0305017236147413e-15, 4.429481965840058e-17, -1.9062795312281548e-18,
        8.20993454539801e-20, -3.5226657439766176e-21, 1.5204100824666433e-22, -6.914745426217108e-24,
        2.994985952960086e-25, -8.721406338539265e-27, 3.7652938450084935e-28, -4.5939050559010116e-29,
        2.0109744036614562e-30,
    };
    static const double gradc_i0e_tail[] = {
        0.3989422804014327, 0.04986778505018023, 0.028050629089515992, 0.029219405794279688,
        0.044742113470240825, 0.09061480658392938, 0.22755974830694334, 0.7252088789602295,
        1.5170220109076542, 21.419721544668402,
    };
    const double y = fabs(x);
    double e;
    if (isnan(x))
        return x;
    if (y < 8.0)
        return exp(-y) * gradc_i0_series(x);
    if (y < 16.0)
        e = gradc_polynomial(gradc_i0e_0, (int)(sizeof gradc_i0e_0 / sizeof(double)), y - 12.0) / sqrt(y);
    else if (y < 32.0)
        e = gradc_polynomial(gradc_i0e_1, (int)(sizeof gradc_i0e_1 / sizeof(double)), y - 24.0) / sqrt(y);
    else
        e = gradc_polynomial(gradc_i0e_tail, (int)(sizeof gradc_i0e_tail / sizeof(double)), 1.0 / y) / sqrt(y);
    return e;
}

/* The power series of the modified Bessel function I1 in x^2/4 (DLMF 10.25.2), economised, for |x| < 8. */
static double gradc_i1_series(double x)
{
    static const double gradc_i1_power[] = {
        0.25, 0.04166666666666666, 0.0034722222222222502, 0.00017361111111105965,
        5.787037037086593e-06, 1.3778659609122103e-07, 2.4604749415562232e-09, 3.417326012216133e-11,
        3.7970343298056246e-13, 3.4517778987232115e-15, 2.6156613379443405e-17, 1.6721150253192653e-19,
        9.40385677475771e-22, 3.803376472413642e-24, 2.8347896389272295e-26,
    };
    const double t = 0.25 * x * x;
    const double p = gradc_polynomial(gradc_i1_power, (int)(sizeof gradc_i1_power / sizeof(double)), t);
    return x * (0.5 + t * p);
}

/* exp(-|x|) I1(x): the power series below 8, and sqrt(x) exp(-x) I1(x) from there, as polynomials in x on [8, 16]
 * and [16, 32] and in 1/x beyond (DLMF 10.40.1, economised). In pieces as in J. M. Blair, Rational Chebyshev
 * approximations for the modified Bessel functions I0(x) and I1(x), Math. Comp. 28 (1974), 581-583. */
static double gradc_i1e(double x)
{
    static const double gradc_i1e_0[] = {
        0.386123659201314, 0.0011001159484958021, -9.458558599237351e-05, 8.149221172243337e-06,
        -7.038186347702237e-07, 6.096177710419175e-08, -5.2987966408136106e-09, 4.625764839203131e-10,
        -4.060092840470246e-11, 3.5870701321192524e-12, -3.193076551961427e-13, 2.864534051473235e-14,
        -2.5873836246667776e-15, 2.3452798454546954e-16, -2.1186432825456113e-17, 1.9061922841498085e-18,
        -1.727862347559456e-19, 1.4875166583116012e-20, -1.0702005695860994e-21, 9.081769254536553e-23,
        -1.1965187510974108e-23, 8.242823432356831e-25,
    };
    static const double gradc_i1e_1[] = {
        0.39262449420411655, 0.00026689390014509896, -1.1278995064292772e-05, 4.7683569603139605e-07,
        -2.0167079002021676e-08, 8.533029461069526e-10, -3.612106456103347e-11, 1.5297730091461925e-12,
        -6.482104783362937e-14, 2.7481605161741607e-15, -1.1657776725254148e-16, 4.948420521469723e-18,
        -2.1025961067100658e-19, 8.937493560437972e-21, -3.7813267253559578e-22, 1.6098240919645345e-23,
        -7.248185030443318e-25, 3.094044402717293e-26, -8.702430871237278e-28, 3.70417791579712e-29,
        -4.552439210676837e-30, 1.9591202939220224e-31,
    };
    static const double gradc_i1e_tail[] = {
        0.3989422804014327, -0.14960335515053852, -0.04675104848321676, -0.040907167962735524,
        -0.05752559356251302, -0.11074994498303244, -0.26900521379640174, -0.8347457778987902,
        -1.7513442462748405, -23.726197586134695,
    };
    const double y = fabs(x);
    double e;
    if (isnan(x))
        return x;
    if (y < 8.0)
        return exp(-y) * gradc_i1_series(x);
    if (y < 16.0)
        e = gradc_polynomial(gradc_i1e_0, (int)(sizeof gradc_i1e_0 / sizeof(double)), y - 12.0) / sqrt(y);
    else if (y < 32.0)
        e = gradc_polynomial(gradc_i1e_1, (int)(sizeof gradc_i1e_1 / sizeof(double)), y - 24.0) / sqrt(y);
    else
        e = gradc_polynomial(gradc_i1e_tail, (int)(sizeof gradc_i1e_tail / sizeof(double)), 1.0 / y) / sqrt(y);
    return copysign(e, x);
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

size_t von_mises_value_work(int64_t n)
{
    (void)n;
    return 0;
}

static GRADC_APART void von_mises_value_rows0(int64_t part, int64_t n, int64_t parts, const double *restrict x,
                                              double mu, double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        double t0_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    far += gradc_far_sine(0.5 * (x[i] - mu));
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = gradc_sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

struct von_mises_value_rows0 {
    int64_t n;
    int64_t parts;
    const double *x;
    double mu;
    double *t0_parts;
};

static GRADC_APART void von_mises_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct von_mises_value_rows0 *const given = context;
    (void)thread;
    von_mises_value_rows0(part, given->n, given->parts, given->x, given->mu, given->t0_parts);
}

int von_mises_value(int64_t n, double mu, double log_kappa, const double *restrict x, double *restrict value,
                    void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(n, 25, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct von_mises_value_rows0 given = {n, parts, x, mu, t0_parts};
        gradc_run(parts, von_mises_value_team0, &given);
    } else {
        von_mises_value_rows0(0, n, parts, x, mu, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    const double v0 = gradc_exp(log_kappa);
    *value = 1.8378770664093453 + gradc_log(gradc_i0e(v0)) + v0 * (2.0 * t0 / (double)n);
    return 0;
}

size_t von_mises_forward_work(int64_t n)
{
    (void)n;
    return 0;
}

static GRADC_APART void von_mises_forward_rows0(int64_t part, int64_t n, int64_t parts, const double *restrict x,
                                                double mu, double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        double t0_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    far += gradc_far_sine(0.5 * (x[i] - mu));
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = gradc_sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

struct von_mises_forward_rows0 {
    int64_t n;
    int64_t parts;
    const double *x;
    double mu;
    double *t0_parts;
};

static GRADC_APART void von_mises_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct von_mises_forward_rows0 *const given = context;
    (void)thread;
    von_mises_forward_rows0(part, given->n, given->parts, given->x, given->mu, given->t0_parts);
}

int von_mises_forward(int64_t n, double mu, double log_kappa, const double *restrict x, double *restrict value,
                      double *restrict t0, void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(n, 25, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct von_mises_forward_rows0 given = {n, parts, x, mu, t0_parts};
        gradc_run(parts, von_mises_forward_team0, &given);
    } else {
        von_mises_forward_rows0(0, n, parts, x, mu, t0_parts);
    }
    double t0_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0_ += t0_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    const double v0 = gradc_exp(log_kappa);
    *value = 1.8378770664093453 + gradc_log(gradc_i0e(v0)) + v0 * (2.0 * t0_ / (double)n);
    *t0 = t0_;
    return 0;
}

size_t von_mises_backward_work(int64_t n)
{
    (void)n;
    return 0;
}

static GRADC_APART void von_mises_backward_rows0(int64_t part, int64_t n, int64_t parts, const double *restrict x,
                                                 double mu, double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1 = sum[i:n](let(s0 := 0.5 * (x[i] - mu), cos(s0) * sin(s0))) */
        double t1_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    far += gradc_far_sine(v0);
                    far += gradc_far_sine(v0);
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t1_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    t1_part_sum += gradc_cos(v0) * gradc_sin(v0);
                }
            } else {
                GRADC_SIMD(reduction(+:t1_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    t1_part_sum += cos(v0) * sin(v0);
                }
            }
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct von_mises_backward_rows0 {
    int64_t n;
    int64_t parts;
    const double *x;
    double mu;
    double *t1_parts;
};

static GRADC_APART void von_mises_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct von_mises_backward_rows0 *const given = context;
    (void)thread;
    von_mises_backward_rows0(part, given->n, given->parts, given->x, given->mu, given->t1_parts);
}

int von_mises_backward(int64_t n, double mu, double log_kappa, const double *restrict x, double t0, double cotangent,
                       double *restrict grad_mu, double *restrict grad_log_kappa, void *restrict work)
{
    (void)work;

    /* grad_log_kappa = let(s0 := exp(log_kappa), s1 := i0e(s0), s0 * (cotangent * (2 * t0) / n + cotangent / s1 *
     *    (i1e(s0) - s1 * where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0 < 0, 1, 0))))) */
    const double v0 = gradc_exp(log_kappa);
    const double v1 = gradc_i0e(v0);
    const double v2 = cotangent / v1 * (gradc_i1e(v0) - v1 * (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0
        ? 1.0 : 0.0)));
    *grad_log_kappa = v0 * (cotangent * (2.0 * t0) / (double)n + v2);
    const int64_t parts = gradc_parts(n, 45, 0);
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct von_mises_backward_rows0 given = {n, parts, x, mu, t1_parts};
        gradc_run(parts, von_mises_backward_team0, &given);
    } else {
        von_mises_backward_rows0(0, n, parts, x, mu, t1_parts);
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* grad_mu = -(2 * (t1 * (cotangent * exp(log_kappa) / n))) */
    *grad_mu = -(2.0 * (t1 * (cotangent * gradc_exp(log_kappa) / (double)n)));
    return 0;
}

size_t von_mises_value_and_grad_work(int64_t n)
{
    (void)n;
    return 0;
}

static GRADC_APART void von_mises_value_and_grad_rows0(int64_t part, int64_t n, int64_t parts,
                                                       const double *restrict x, double mu, double *restrict t0_parts,
                                                       double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        /* t1 = sum[i:n](let(s0 := 0.5 * (x[i] - mu), cos(s0) * sin(s0))) */
        double t0_part_sum = 0.0;
        double t1_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    far += gradc_far_sine(v0);
                    far += gradc_far_sine(v0);
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum, t1_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    const double v1 = gradc_sin(v0);
                    t0_part_sum += v1 * v1;
                    t1_part_sum += gradc_cos(v0) * v1;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum, t1_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    const double v1 = sin(v0);
                    t0_part_sum += v1 * v1;
                    t1_part_sum += cos(v0) * v1;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct von_mises_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    const double *x;
    double mu;
    double *t0_parts;
    double *t1_parts;
};

static GRADC_APART void von_mises_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct von_mises_value_and_grad_rows0 *const given = context;
    (void)thread;
    von_mises_value_and_grad_rows0(part, given->n, given->parts, given->x, given->mu, given->t0_parts,
        given->t1_parts);
}

int von_mises_value_and_grad(int64_t n, double mu, double log_kappa, const double *restrict x, double *restrict value,
                             double *restrict grad_mu, double *restrict grad_log_kappa, void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(n, 46, 0);
    double t0_parts[GRADC_PARTS];
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct von_mises_value_and_grad_rows0 given = {n, parts, x, mu, t0_parts, t1_parts};
        gradc_run(parts, von_mises_value_and_grad_team0, &given);
    } else {
        von_mises_value_and_grad_rows0(0, n, parts, x, mu, t0_parts, t1_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    /* grad_mu = -(2 * (t1 * (exp(log_kappa) / n))) */
    /* grad_log_kappa = let(s0 := exp(log_kappa), s1 := i0e(s0), s0 * (2 * t0 / n + (i1e(s0) - s1 * where(s0 != s0,
     *    s0, where(0 < s0, 1, 0) - where(s0 < 0, 1, 0))) / s1)) */
    const double v0 = gradc_exp(log_kappa);
    const double v1 = gradc_i0e(v0);
    const double v2 = (double)n;
    const double v3 = 2.0 * t0 / v2;
    const double v4 = v3 + (gradc_i1e(v0) - v1 * (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)))
        / v1;
    *value = 1.8378770664093453 + gradc_log(v1) + v0 * v3;
    *grad_mu = -(2.0 * (t1 * (v0 / v2)));
    *grad_log_kappa = v0 * v4;
    return 0;
}
