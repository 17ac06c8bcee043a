"""Products of matrices, found in sums and brought to the forms that the schedule has kernels for.

A product of matrices is a sum over some indices of a product of two groups of factors, where each group names free
indices that the other does not, and both name the summed ones:

    C[i:n, j:m] = sum[l:k](A[i, l] * B[j, l])

`factors` reads the groups; `split` gives each product of a sum a sum of its own; `quarter` and `contract` bring sums
over more indices to this form. `gradc.schedule.products` chooses the kernel.
"""
