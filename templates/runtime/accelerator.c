/* A kernel's call from Python without Python code: the arguments that need no conversion are checked here, dimensions
   bound, results allocated and the kernel called with the GIL released. Whatever is less simple (a list, a keyword, a
   wrong shape) goes to `fallback`, the same call written in Python, which also knows the error messages.

   A Call reads a program of 64-bit integers that Python wrote (gradc/runtime/accelerator.py says how):

       kernel work  limit threads  ndims                    limit sets how many threads a parallel kernel uses,
                                                            or is 0
       ninputs   { typenum rank }
       nsteps    { input axis dim scale rest polynomial }   dim < 0: check the polynomial;
                                                            else dim = (extent - rest) / scale
       noutputs  { typenum rank polynomial * rank }
       nbounds   { polynomial }                             must not be negative
       polynomial: nterms { coefficient nsymbols dim * nsymbols }
*/
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <math.h>
#include <stdint.h>

#define STOPPED (-1) /* the status of a kernel that a signal ended; those of errors are positive */
#define MAX_DIMS 16
#define MAX_CELLS 48
#define MAX_RANK 8

typedef int (*kernel_function)(const int64_t *dims, void *const *cells, void *work);
typedef size_t (*work_function)(const int64_t *dims);
typedef int (*limit_function)(int count);

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *program;   /* bytes */
    PyObject *returns;   /* nested tuples of numbers of outputs, and of objects that are handed back as they are */
    PyObject *fallback;  /* the call in Python */
    PyObject *fixed;     /* a tuple with one item an input; None where it comes with the call */
    PyObject *out;       /* bound places, or None */
    PyObject *names;     /* a tuple of those that come with the call */
    Py_ssize_t free;     /* how many arguments come with the call */
    char *scratch;       /* kept between calls; NULL while a call has it */
    size_t room;
} Call;

typedef union {
    double f8;
    float f4;
    int64_t i8;
    int32_t i4;
    int8_t i1;
    uint8_t u1;
} Cell;

/* Set when a size does not fit 64 bits: then the call is not a simple one. */
static int64_t evaluate(const int64_t **program, const int64_t *dims, int *overflow)
{
    const int64_t *p = *program;
    int64_t total = 0;
    for (int64_t terms = *p++; terms > 0; terms--) {
        int64_t term = *p++;
        for (int64_t symbols = *p++; symbols > 0; symbols--)
            *overflow |= __builtin_mul_overflow(term, dims[*p++], &term);
        *overflow |= __builtin_add_overflow(total, term, &total);
    }
    *program = p;
    return total;
}

/* A Python number as the C number of a rank-0 argument; 0 where it is not a simple case. */
static int read_number(PyObject *object, int64_t typenum, Cell *cell)
{
    if (typenum == NPY_DOUBLE || typenum == NPY_FLOAT) {
        double number;
        if (PyFloat_Check(object)) {
            number = PyFloat_AS_DOUBLE(object);
        } else if (PyLong_CheckExact(object)) {
            number = PyLong_AsDouble(object);
            if (number == -1.0 && PyErr_Occurred()) {
                PyErr_Clear();
                return 0;
            }
        } else {
            return 0;
        }
        if (typenum == NPY_DOUBLE) {
            cell->f8 = number;
            return 1;
        }
        cell->f4 = (float)number;
        return !isinf(cell->f4) || isinf(number);
    }
    if (!PyLong_CheckExact(object))
        return 0;
    int overflow = 0;
    long long number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow)
        return 0;
    if (typenum == NPY_INT64) {
        cell->i8 = number;
        return 1;
    }
    if (typenum == NPY_INT32) {
        cell->i4 = (int32_t)number;
        return cell->i4 == number;
    }
    return 0;
}

static PyObject *write_number(int64_t typenum, const Cell *cell)
{
    switch (typenum) {
    case NPY_DOUBLE: return PyFloat_FromDouble(cell->f8);
    case NPY_FLOAT: return PyFloat_FromDouble(cell->f4);
    case NPY_INT64: return PyLong_FromLongLong(cell->i8);
    case NPY_INT32: return PyLong_FromLong(cell->i4);
    case NPY_INT8: return PyLong_FromLong(cell->i1);
    case NPY_UINT8: return PyLong_FromLong(cell->u1);
    default: return PyBool_FromLong(cell->u1);
    }
}

static int is_simple(PyObject *object, int64_t typenum, int64_t rank, int flags)
{
    if (!PyArray_CheckExact(object))
        return 0;
    PyArrayObject *array = (PyArrayObject *)object;
    return PyArray_TYPE(array) == typenum && PyArray_NDIM(array) == rank && PyArray_CHKFLAGS(array, flags)
           && PyArray_ISNOTSWAPPED(array);
}

/* What keeps an array from being resized, which would take its data away while the kernel runs without the GIL: NumPy
   resizes none that owns no data, or that a weak reference is to. Gives the array whose data it is, which owns none
   until `let_go`; or, where another call holds it already, a weak reference to it. NULL where neither is needed. */
static PyObject *hold(PyObject *object)
{
    PyArrayObject *owner = (PyArrayObject *)object;
    while (PyArray_BASE(owner) != NULL && PyArray_Check(PyArray_BASE(owner)))
        owner = (PyArrayObject *)PyArray_BASE(owner);
    if (PyArray_BASE(owner) != NULL)
        return NULL;
    if (!PyArray_CHKFLAGS(owner, NPY_ARRAY_OWNDATA)) {
        PyObject *reference = PyWeakref_NewRef((PyObject *)owner, NULL);
        if (reference == NULL)
            PyErr_Clear();
        return reference;
    }
    PyArray_CLEARFLAGS(owner, NPY_ARRAY_OWNDATA);
    return (PyObject *)owner;
}

static void let_go(PyObject *held)
{
    if (PyArray_Check(held))
        PyArray_ENABLEFLAGS((PyArrayObject *)held, NPY_ARRAY_OWNDATA);
    else
        Py_DECREF(held);
}

static int overlaps(PyArrayObject *a, PyObject *object)
{
    if (object == NULL || !PyArray_Check(object))
        return 0;
    PyArrayObject *b = (PyArrayObject *)object;
    const char *first = PyArray_BYTES(a), *second = PyArray_BYTES(b);
    return first < second + PyArray_NBYTES(b) && second < first + PyArray_NBYTES(a);
}

/* The results in the nesting in which they are handed back; what is no number in it is itself a result. */
static PyObject *nest(PyObject *returns, PyObject **results)
{
    if (!PyTuple_CheckExact(returns)) {
        PyObject *result = PyLong_CheckExact(returns) ? results[PyLong_AsLong(returns)] : returns;
        Py_INCREF(result);
        return result;
    }
    Py_ssize_t size = PyTuple_GET_SIZE(returns);
    PyObject *tuple = PyTuple_New(size);
    for (Py_ssize_t k = 0; tuple != NULL && k < size; k++) {
        PyObject *item = nest(PyTuple_GET_ITEM(returns, k), results);
        if (item == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, k, item);
    }
    return tuple;
}

/* Which argument a keyword names; -1 for none. Names are mostly the very objects that the record holds. */
static Py_ssize_t place_of(const Call *c, PyObject *name)
{
    for (Py_ssize_t k = 0; k < c->free; k++)
        if (PyTuple_GET_ITEM(c->names, k) == name)
            return k;
    for (Py_ssize_t k = 0; k < c->free; k++)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(c->names, k), name) == 0)
            return k;
    return -1;
}

/* The arguments in order, where keywords name some; 0 where they are not each given once. */
static int put_in_order(const Call *c, PyObject *const *args, Py_ssize_t count, PyObject *names, PyObject **ordered,
                        PyObject **out)
{
    const Py_ssize_t keywords = PyTuple_GET_SIZE(names);
    if (count > c->free)
        return 0;
    for (Py_ssize_t k = 0; k < c->free; k++)
        ordered[k] = k < count ? args[k] : NULL;
    Py_ssize_t given = count;
    for (Py_ssize_t k = 0; k < keywords; k++) {
        PyObject *name = PyTuple_GET_ITEM(names, k);
        if (PyUnicode_CompareWithASCIIString(name, "out") == 0) {
            if (args[count + k] != Py_None)
                *out = args[count + k];
            continue;
        }
        const Py_ssize_t place = place_of(c, name);
        if (place < 0 || ordered[place] != NULL)
            return 0;
        ordered[place] = args[count + k];
        given++;
    }
    return given == c->free;
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Call *c = (Call *)self;
    const int64_t *p = (const int64_t *)PyBytes_AS_STRING(c->program);
    PyObject *inputs[MAX_CELLS], *results[MAX_CELLS], *out = c->out, *answer = NULL;
    void *cells[MAX_CELLS];
    Cell numbers[MAX_CELLS];
    int64_t dims[MAX_DIMS], typenums[MAX_CELLS];
    PyObject *ordered[MAX_CELLS], *const *given = args;
    int made = 0, overflow = 0, status = 0;

    const Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (names != NULL && PyTuple_GET_SIZE(names) != 0) {
        if (!put_in_order(c, args, count, names, ordered, &out))
            goto slow;
        given = ordered;
    } else if (count != c->free) {
        goto slow;
    }

    kernel_function kernel = (kernel_function)(intptr_t)*p++;
    work_function work = (work_function)(intptr_t)*p++;
    limit_function limit = (limit_function)(intptr_t)*p++;
    const int32_t *threads = (const int32_t *)(intptr_t)*p++;
    p++;

    const int64_t ninputs = *p++;
    for (int64_t k = 0, next = 0; k < ninputs; k++, p += 2) {
        PyObject *object = PyTuple_GET_ITEM(c->fixed, k);
        if (object == Py_None)
            object = given[next++];
        inputs[k] = object;
        if (p[1] == 0) {
            if (!read_number(object, p[0], &numbers[k]))
                goto slow;
            cells[k] = &numbers[k];
        } else {
            if (!is_simple(object, p[0], p[1], NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED))
                goto slow;
            cells[k] = PyArray_DATA((PyArrayObject *)object);
        }
    }

    for (int64_t steps = *p++; steps > 0; steps--) {
        const int64_t extent = PyArray_DIM((PyArrayObject *)inputs[p[0]], (int)p[1]);
        const int64_t dim = p[2], scale = p[3], rest = p[4];
        p += 5;
        if (dim < 0) {
            if (evaluate(&p, dims, &overflow) != extent)
                goto slow;
        } else {
            if (extent < rest || (extent - rest) % scale != 0)
                goto slow;
            dims[dim] = (extent - rest) / scale;
            p++;
        }
    }

    const int64_t noutputs = *p++;
    PyObject *whole = NULL;
    int64_t arrays = 0;
    if (out != Py_None
        && !(PyTuple_CheckExact(out) && PyTuple_GET_SIZE(out) == noutputs && PyTuple_CheckExact(c->returns)))
        whole = out;
    for (int64_t k = 0; k < noutputs; k++) {
        const int64_t typenum = *p++, rank = *p++;
        npy_intp shape[MAX_RANK];
        PyObject *came = NULL;
        typenums[ninputs + k] = typenum;
        results[k] = NULL;
        made++;
        if (out != Py_None && whole == NULL) {
            came = PyTuple_GET_ITEM(out, k);
            if (came == Py_None)
                came = NULL;
        }
        if (rank == 0 && came == NULL) {
            numbers[ninputs + k].i8 = 0;
            cells[ninputs + k] = &numbers[ninputs + k];
            continue;
        }
        if (whole != NULL) {
            if (++arrays > 1)
                goto slow;
            came = whole;
        }
        int fits = came == NULL || is_simple(came, typenum, rank, NPY_ARRAY_CARRAY);
        for (int64_t axis = 0; axis < rank; axis++) {
            shape[axis] = (npy_intp)evaluate(&p, dims, &overflow);
            if (shape[axis] < 0)
                goto slow;
            if (came != NULL && fits)
                fits = PyArray_DIM((PyArrayObject *)came, (int)axis) == shape[axis];
        }
        if (!fits || overflow)
            goto slow;
        if (came != NULL) {
            for (int64_t j = 0; j < ninputs; j++)
                if (overlaps((PyArrayObject *)came, inputs[j]))
                    goto slow;
            for (int64_t j = 0; j < k; j++)
                if (overlaps((PyArrayObject *)came, results[j]))
                    goto slow;
            Py_INCREF(came);
            results[k] = came;
        } else {
            results[k] = PyArray_SimpleNew((int)rank, shape, (int)typenum);
            if (results[k] == NULL)
                goto done;
        }
        cells[ninputs + k] = PyArray_DATA((PyArrayObject *)results[k]);
    }
    if (whole != NULL && arrays != 1)
        goto slow;

    for (int64_t bounds = *p++; bounds > 0; bounds--)
        if (evaluate(&p, dims, &overflow) < 0)
            goto slow;
    if (overflow)
        goto slow;

    /* A bound argument can be let go by another thread only together with `self`, which the caller holds; those that
       came with the call are the caller's too. */
    const int before = limit == NULL ? 0 : limit(*threads);
    const size_t size = work(dims);
    if (size > SIZE_MAX / 2) {  /* more than there is: the call in Python says so */
        if (limit != NULL)
            limit(before);
        goto slow;
    }
    char *block = NULL;
    size_t room = 0;
    if (size != 0) {
        block = c->scratch;
        room = c->room;
        c->scratch = NULL;
        if (room < size || block == NULL) {
            PyMem_RawFree(block);
            room = size;
            block = PyMem_RawMalloc(size + 64);
            if (block == NULL) {
                if (limit != NULL)
                    limit(before);
                PyErr_NoMemory();
                goto done;
            }
        }
    }
    PyObject *held[MAX_CELLS];
    int holding = 0;
    for (int64_t k = 0; k < ninputs + noutputs; k++) {
        PyObject *object = k < ninputs ? inputs[k] : results[k - ninputs];
        if (object != NULL && PyArray_Check(object) && (held[holding] = hold(object)) != NULL)
            holding++;
    }
    do {
        Py_BEGIN_ALLOW_THREADS
        status = kernel(dims, cells, block == NULL ? NULL : (void *)(((uintptr_t)block + 63) & ~(uintptr_t)63));
        Py_END_ALLOW_THREADS
    } while (status == STOPPED && PyErr_CheckSignals() == 0); /* again, where the signal's handler raised nothing */
    while (holding > 0)
        let_go(held[--holding]);
    if (limit != NULL)
        limit(before);
    if (block != NULL) {
        if (c->scratch == NULL) {
            c->scratch = block;
            c->room = room;
        } else {
            PyMem_RawFree(block);
        }
    }
    if (status == STOPPED)
        goto done;
    if (status != 0) {
        Py_XDECREF(PyObject_CallMethod(c->fallback, "fail", "i", status));
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_SystemError, "status %d raised no error", status);
        goto done;
    }
    for (int64_t k = 0; k < noutputs; k++) {
        if (results[k] == NULL)
            results[k] = write_number(typenums[ninputs + k], &numbers[ninputs + k]);
        if (results[k] == NULL)
            goto done;
    }
    answer = nest(c->returns, results);

done:
    for (int k = 0; k < made; k++)
        Py_XDECREF(results[k]);
    return answer;

slow:
    for (int k = 0; k < made; k++)
        Py_XDECREF(results[k]);
    return PyObject_Vectorcall(c->fallback, args, nargsf, names);
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *program, *returns, *fallback, *fixed, *out, *names;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "SOOO!OO!", &program, &returns, &fallback, &PyTuple_Type, &fixed, &out, &PyTuple_Type,
                          &names))
        return NULL;
    Call *c = (Call *)type->tp_alloc(type, 0);
    if (c == NULL)
        return NULL;
    c->vectorcall = call;
    c->program = Py_NewRef(program);
    c->returns = Py_NewRef(returns);
    c->fallback = Py_NewRef(fallback);
    c->fixed = Py_NewRef(fixed);
    c->out = Py_NewRef(out);
    c->names = Py_NewRef(names);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(fixed); k++)
        c->free += PyTuple_GET_ITEM(fixed, k) == Py_None;
    if (PyTuple_GET_SIZE(names) != c->free) {
        Py_DECREF(c);
        PyErr_SetString(PyExc_ValueError, "a name for each argument that comes with the call");
        return NULL;
    }
    return (PyObject *)c;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Call *c = (Call *)self;
    Py_VISIT(c->returns);
    Py_VISIT(c->fallback);
    Py_VISIT(c->fixed);
    Py_VISIT(c->out);
    return 0;
}

static int clear(PyObject *self)
{
    (void)self; /* Tuples and the Python call break cycles; a Call must stay callable until it goes. */
    return 0;
}

static void dealloc(PyObject *self)
{
    Call *c = (Call *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(c->program);
    Py_XDECREF(c->returns);
    Py_XDECREF(c->fallback);
    Py_XDECREF(c->fixed);
    Py_XDECREF(c->out);
    Py_XDECREF(c->names);
    PyMem_RawFree(c->scratch);
    Py_TYPE(self)->tp_free(self);
}

/* Everything but the call itself is the Python call's. */
static PyObject *getattro(PyObject *self, PyObject *name)
{
    return PyObject_GetAttr(((Call *)self)->fallback, name);
}

static PyObject *repr(PyObject *self)
{
    return PyObject_Repr(((Call *)self)->fallback);
}

static PyTypeObject call_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "gradc_accelerator.Call",
    .tp_basicsize = sizeof(Call),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Call, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = new,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_dealloc = dealloc,
    .tp_getattro = getattro,
    .tp_repr = repr,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "gradc_accelerator", .m_size = -1,
};

PyMODINIT_FUNC PyInit_gradc_accelerator(void)
{
    import_array();
    if (PyType_Ready(&call_type) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddObjectRef(made, "Call", (PyObject *)&call_type) < 0)
        Py_CLEAR(made);
    return made;
}
