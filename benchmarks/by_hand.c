/* The named problems as one writes them in C by hand: data read once, a block of rows at a time, value and gradient together.
 *
 * Compiled for one type: -DREAL=double or -DREAL=float. Blocks of rows go to OpenMP's threads, each with sums of its own.
 */

#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#define ROWS 64                /* of a linear model: few enough to stay in the first-level cache for the second reading */
#define SAMPLES 64             /* of the network: a multiple of PANEL */
#define PANEL 8                /* rows of a product that are summed in registers */
#define LANES ((int)(64 / sizeof(REAL)))

typedef REAL vector __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));

/* z = X w, eight rows at a time, so that w is loaded once for them. */
static void rows_times_vector(int rows, int d, const REAL *restrict X, const REAL *restrict w, REAL *restrict z)
{
    int i = 0;
    for (; i + 8 <= rows; i += 8) {
        const REAL *x = X + (size_t)i * d;
        REAL s[8] = {0};
        int j = 0;
        vector v[8] = {{0}};
        for (; j + LANES <= d; j += LANES) {
            const vector u = *(const vector *)(w + j);
            for (int r = 0; r < 8; r++)
                v[r] += *(const vector *)(x + (size_t)r * d + j) * u;
        }
        for (; j < d; j++)
            for (int r = 0; r < 8; r++)
                s[r] += x[(size_t)r * d + j] * w[j];
        for (int r = 0; r < 8; r++) {
            REAL sum = s[r];
            for (int lane = 0; lane < LANES; lane++)
                sum += v[r][lane];
            z[i + r] = sum;
        }
    }
    for (; i < rows; i++) {
        REAL sum = 0;
        for (int j = 0; j < d; j++)
            sum += X[(size_t)i * d + j] * w[j];
        z[i] = sum;
    }
}

/* g += r X, eight rows at a time, so that g is loaded and stored once for them. */
static void vector_times_rows(int rows, int d, const REAL *restrict X, const REAL *restrict r, REAL *restrict g)
{
    int i = 0;
    for (; i + 8 <= rows; i += 8) {
        const REAL *x = X + (size_t)i * d;
#pragma omp simd
        for (int j = 0; j < d; j++)
            g[j] += r[i] * x[j] + r[i + 1] * x[d + j] + r[i + 2] * x[2 * d + j] + r[i + 3] * x[3 * d + j]
                  + r[i + 4] * x[4 * d + j] + r[i + 5] * x[5 * d + j] + r[i + 6] * x[6 * d + j] + r[i + 7] * x[7 * d + j];
    }
    for (; i < rows; i++)
        for (int j = 0; j < d; j++)
            g[j] += r[i] * X[(size_t)i * d + j];
}

static REAL penalise(int n, int d, const REAL *w, REAL lam, REAL total, REAL *g)
{
    REAL q = 0;
    for (int j = 0; j < d; j++) {
        q += w[j] * w[j];
        g[j] = g[j] / n + lam * w[j];
    }
    return total / n + lam / 2 * q;
}

void logistic(int n, int d, const REAL *w, const REAL *X, const REAL *y, REAL lam, REAL *value, REAL *g)
{
    REAL total = 0;
    memset(g, 0, d * sizeof *g);
#pragma omp parallel for schedule(static) reduction(+ : total, g[:d]) if (n > 4 * ROWS)
    for (int begin = 0; begin < n; begin += ROWS) {
        const int rows = n - begin < ROWS ? n - begin : ROWS;
        REAL z[ROWS], sum = 0;
        rows_times_vector(rows, d, X + (size_t)begin * d, w, z);
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < rows; i++) {
            const REAL s = y[begin + i], m = -s * z[i], e = exp(-fabs(m));
            sum += (m > 0 ? m : 0) + log1p(e);
            z[i] = -s * (m > 0 ? 1 : e) / (1 + e);
        }
        total += sum;
        vector_times_rows(rows, d, X + (size_t)begin * d, z, g);
    }
    *value = penalise(n, d, w, lam, total, g);
}

void ridge(int n, int d, const REAL *w, const REAL *X, const REAL *y, REAL lam, REAL *value, REAL *g)
{
    REAL total = 0;
    memset(g, 0, d * sizeof *g);
#pragma omp parallel for schedule(static) reduction(+ : total, g[:d]) if (n > 4 * ROWS)
    for (int begin = 0; begin < n; begin += ROWS) {
        const int rows = n - begin < ROWS ? n - begin : ROWS;
        REAL z[ROWS], sum = 0;
        rows_times_vector(rows, d, X + (size_t)begin * d, w, z);
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < rows; i++) {
            z[i] -= y[begin + i];
            sum += z[i] * z[i];
        }
        total += sum;
        vector_times_rows(rows, d, X + (size_t)begin * d, z, g);
    }
    *value = penalise(n, d, w, lam, total / 2, g);
}

void rosenbrock(const REAL *x, REAL *value, REAL *g)
{
    const REAL a = x[0], s = x[1] - a * a;
    *value = (1 - a) * (1 - a) + 100 * s * s;
    g[0] = -2 * (1 - a) - 400 * a * s;
    g[1] = 200 * s;
}

void exp_sin_log(int n, const REAL *restrict a, const REAL *restrict b, const REAL *restrict c, REAL *restrict f,
                 REAL *restrict fa, REAL *restrict fb, REAL *restrict fc)
{
#pragma omp parallel for simd schedule(static) if (n > 10000)
    for (int i = 0; i < n; i++) {
        const REAL e = exp(-a[i] * a[i]), es = e * sin(b[i] * c[i]), ec = e * cos(b[i] * c[i]);
        const REAL p = 1 + b[i] * b[i], q = 1 / (1 + c[i] * c[i]), l = log(p), root = sqrt(q);
        f[i] = es + l * root;
        fa[i] = -2 * a[i] * es;
        fb[i] = c[i] * ec + 2 * b[i] / p * root;
        fc[i] = b[i] * ec - c[i] * l * root * q;
    }
}

/* Rows first to first + count of C (+)= A B, over columns j to j + width * LANES. The sums stay in registers. */
static inline __attribute__((always_inline)) void panel(int count, int width, int depth, const REAL *A, size_t row,
                                                        size_t column, const REAL *B, int ldb, REAL *C, int ldc, int add)
{
    vector sum[PANEL][2];
    for (int r = 0; r < count; r++)
        for (int c = 0; c < width; c++)
            sum[r][c] = add ? *(vector *)(C + (size_t)r * ldc + c * LANES) : (vector){0};
    for (int k = 0; k < depth; k++)
        for (int r = 0; r < count; r++)
            for (int c = 0; c < width; c++)
                sum[r][c] += A[r * row + k * column] * *(const vector *)(B + (size_t)k * ldb + c * LANES);
    for (int r = 0; r < count; r++)
        for (int c = 0; c < width; c++)
            *(vector *)(C + (size_t)r * ldc + c * LANES) = sum[r][c];
}

/* C[m, n] (+)= A[m, depth] B[depth, n]; n is a multiple of LANES, and A[i, k] lies at i * row + k * column. */
static void product(int m, int n, int depth, const REAL *A, size_t row, size_t column, const REAL *B, int ldb, REAL *C,
                    int ldc, int add)
{
    for (int j = 0; j < n;) {
        const int width = n - j >= 2 * LANES ? 2 : 1;
        int i = 0;
        for (; i + PANEL <= m; i += PANEL)
            if (width == 2)
                panel(PANEL, 2, depth, A + i * row, row, column, B + j, ldb, C + (size_t)i * ldc + j, ldc, add);
            else
                panel(PANEL, 1, depth, A + i * row, row, column, B + j, ldb, C + (size_t)i * ldc + j, ldc, add);
        for (; i < m; i++)
            if (width == 2)
                panel(1, 2, depth, A + i * row, row, column, B + j, ldb, C + (size_t)i * ldc + j, ldc, add);
            else
                panel(1, 1, depth, A + i * row, row, column, B + j, ldb, C + (size_t)i * ldc + j, ldc, add);
        j += width * LANES;
    }
}

static REAL *zeros(size_t count)
{
    REAL *new = aligned_alloc(64, (count * sizeof(REAL) + 63) / 64 * 64);
    memset(new, 0, count * sizeof(REAL));
    return new;
}

static void unpad(int rows, int columns, int padded, const REAL *from, REAL *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to[(size_t)i * columns + j] += from[(size_t)i * padded + j];
}

/* mean(logsumexp(Z) - Z[y]), Z = tanh(X W1 + b1) W2 + b2; d to h to k. Columns are padded to whole vectors. */
void two_layer(int n, int d, int h, int k, const REAL *W1, const REAL *b1, const REAL *W2, const REAL *b2, const REAL *X,
               const long long *y, REAL *value, REAL *g1, REAL *gb1, REAL *g2, REAL *gb2)
{
    const int H = (h + LANES - 1) / LANES * LANES, K = (k + LANES - 1) / LANES * LANES;
    REAL *first = zeros((size_t)d * H), *second = zeros((size_t)H * K), *turned = zeros((size_t)k * H), total = 0;
    for (int i = 0; i < d; i++)
        memcpy(first + (size_t)i * H, W1 + (size_t)i * h, h * sizeof(REAL));
    for (int j = 0; j < h; j++)
        for (int l = 0; l < k; l++)
            second[(size_t)j * K + l] = turned[(size_t)l * H + j] = W2[(size_t)j * k + l];
    memset(g1, 0, (size_t)d * h * sizeof(REAL));
    memset(gb1, 0, h * sizeof(REAL));
    memset(g2, 0, (size_t)h * k * sizeof(REAL));
    memset(gb2, 0, k * sizeof(REAL));
#pragma omp parallel reduction(+ : total)
    {
        REAL *T = zeros((size_t)SAMPLES * H), *R = zeros((size_t)SAMPLES * H), *P = zeros((size_t)SAMPLES * K);
        REAL *G1 = zeros((size_t)d * H), *G2 = zeros((size_t)H * K), *B1 = zeros(H), *B2 = zeros(K);
#pragma omp for schedule(static)
        for (int begin = 0; begin < n; begin += SAMPLES) {
            const int rows = n - begin < SAMPLES ? n - begin : SAMPLES;
            const REAL *x = X + (size_t)begin * d;
            product(rows, H, d, x, d, 1, first, H, T, H, 0);
            for (int i = 0; i < rows; i++)
#pragma omp simd
                for (int j = 0; j < h; j++)
                    T[i * H + j] = tanh(T[i * H + j] + b1[j]);
            product(rows, K, H, T, H, 1, second, K, P, K, 0);
            for (int i = 0; i < rows; i++) {
                REAL *z = P + i * K, most = -INFINITY, sum = 0;
                const int label = (int)y[begin + i];
                for (int l = 0; l < k; l++) {
                    z[l] += b2[l];
                    most = z[l] > most ? z[l] : most;
                }
                const REAL true = z[label] - most;
                for (int l = k; l < K; l++)
                    z[l] = -INFINITY;
#pragma omp simd
                for (int l = 0; l < K; l++)
                    z[l] = exp(z[l] - most);
                for (int l = 0; l < k; l++)
                    sum += z[l];
                total += log(sum) - true;
                for (int l = 0; l < K; l++)
                    z[l] = l < k ? z[l] / sum / n : 0;
                z[label] -= (REAL)1 / n;
                for (int l = 0; l < K; l++)
                    B2[l] += z[l];
            }
            product(rows, H, k, P, K, 1, turned, H, R, H, 0);
            for (int i = 0; i < rows; i++)
#pragma omp simd
                for (int j = 0; j < H; j++) {
                    R[i * H + j] *= 1 - T[i * H + j] * T[i * H + j];
                    B1[j] += R[i * H + j];
                }
            product(d, H, rows, x, 1, d, R, H, G1, H, 1);
            product(h, K, rows, T, 1, H, P, K, G2, K, 1);
        }
#pragma omp critical
        {
            unpad(d, h, H, G1, g1);
            unpad(h, k, K, G2, g2);
            unpad(1, h, H, B1, gb1);
            unpad(1, k, K, B2, gb2);
        }
        free(T), free(R), free(P), free(G1), free(G2), free(B1), free(B2);
    }
    free(first), free(second), free(turned);
    *value = total / n;
}

/* The sum of all numbers, which is how fast memory can be read: a STREAM loop that only reads. */
REAL read_all(long long n, const REAL *x)
{
    REAL total = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : total)
    for (long long i = 0; i < n; i++)
        total += x[i];
    return total;
}
