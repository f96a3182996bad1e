"""What to call NumPy's functions and array methods with: a name and Python expressions on each line.

The letters are the arrays of `statelint.models.derive.numpy_cases.arrays`; what is missing here is called with guesses.
"""

FUNCTIONS = r"""
allclose: v, w
append: v, w
apply_along_axis: sum, 0, m
apply_over_axes: np.sum, m, [0]
arange: 4
argpartition: v, 1
array: v
array2string: v
array_equal: v, w
array_equiv: v, w
array_repr: v
array_split: v, 2
array_str: v
asanyarray: v
asarray: v
asarray_chkfinite: v
ascontiguousarray: m
asfortranarray: m
asmatrix: m
astype: v, np.float64
average: m
bartlett: 4
base_repr: 4
binary_repr: 4
bincount: i
bitwise_and: i, j
bitwise_count: i
bitwise_invert: i
bitwise_left_shift: i, j
bitwise_not: i
bitwise_or: i, j
bitwise_right_shift: i, j
bitwise_xor: i, j
blackman: 4
block: [[m, n], [n, m]]
bmat: [[m, n]]
broadcast_arrays: v, m
broadcast_shapes: (3,), (1,)
broadcast_to: v, (2, 3)
busday_count: '2020-01', '2020-02'
busday_offset: '2020-01-01', 1, 'forward'
can_cast: np.float32, np.float64
choose: i, [v, w, v]
clip: v, 0.3, 0.6
column_stack: [v, w]
common_type: v, w
compress: b, v
concat: [v, w]
concatenate: [v, w]
convolve: v, w
copy: v
copyto: v, w
corrcoef: m
correlate: v, w
cov: m
cross: v, w
datetime_as_string: np.datetime64('2020')
datetime_data: np.dtype('M8[D]')
delete: v, 1
diag: m
diag_indices: 3
diagflat: v
digitize: v, w[:1]
dot: m, n
dsplit: k, 2
dstack: [m, n]
einsum: 'ij,jk->ik', m, n
einsum_path: 'ij,jk->ik', m, n
empty: 3
expand_dims: v, 0
extract: b, v
eye: 3
fft.fftfreq: 4
fft.rfftfreq: 4
fill_diagonal: m, 0.0
format_float_positional: 0.5
format_float_scientific: 0.5
from_dlpack: v
frombuffer: v
fromfunction: lambda x, y: x + y, (2, 2)
fromiter: [1.0, 2.0], float
frompyfunc: abs, 1, 1
fromregex: io.StringIO('1 2'), '(\\d+) (\\d+)', [('a', int), ('b', int)]
fromstring: '1 2', float, -1, ' '
full: 3, 1.0
full_like: v, 1.0
gcd: i, j
geomspace: 1, 10, 4
gradient: v
hamming: 4
hanning: 4
histogram: v
histogram2d: v, w
histogram_bin_edges: v
histogramdd: m
hsplit: m, 3
hstack: [v, w]
identity: 3
imag: c
in1d: v, w
indices: (2, 2)
inner: v, w
insert: v, 1, 0.5
interp: v, w, v
intersect1d: v, w
invert: i
is_busday: '2020-01-01'
isclose: v, w
iscomplexobj: v
isdtype: np.dtype(float), 'real floating'
isin: v, w
isnat: np.array(['2020'], 'M8[D]')
isscalar: v
issubdtype: float, float
iterable: v
ix_: i, j
kaiser: 4, 1.0
kron: m, n
lcm: i, j
ldexp: v, i
left_shift: i, j
lexsort: [v, w]
linalg.cholesky: s
linalg.cross: v, w
linalg.lstsq: m, v, None
linalg.matmul: m, n
linalg.matrix_power: m, 2
linalg.multi_dot: [m, n, m]
linalg.outer: v, w
linalg.solve: m, v
linalg.tensordot: m, n
linalg.tensorinv: np.eye(4).reshape(2, 2, 2, 2)
linalg.tensorsolve: np.eye(4).reshape(2, 2, 2, 2), m[:2, :2]
linalg.vecdot: v, w
linspace: 0, 1, 4
logspace: 0, 1, 4
mask_indices: 3, np.triu
matmul: m, n
matrix: m
matrix_transpose: m
matvec: m, v
may_share_memory: v, w
meshgrid: v, w
min_scalar_type: 3
mintypecode: ['d']
moveaxis: k, 0, 1
nan_to_num: v
nanpercentile: v, 30
nanquantile: v, 0.3
ndindex: 2, 2
nested_iters: v, [[0]]
ones: 3
outer: v, w
packbits: b
pad: v, 1
partition: v, 1
percentile: v, 30
piecewise: v, [b], [1.0, 2.0]
place: v, b, w
poly: v
polyadd: v, w
polyder: v
polydiv: v, w
polyfit: v, w, 1
polyint: v
polymul: v, w
polysub: v, w
polyval: v, w
promote_types: 'f4', 'f8'
put: v, i, w
put_along_axis: v, i, w, 0
putmask: v, b, w
quantile: v, 0.3
ravel: m
ravel_multi_index: (i, j), (3, 3)
real: c
real_if_close: c
repeat: v, 2
require: v
reshape: m, (9,)
resize: v, (4,)
result_type: v, w
right_shift: i, j
roll: v, 1
rollaxis: k, 1
roots: v
rot90: m
searchsorted: v, 0.3
select: [b], [v]
setdiff1d: v, w
setxor1d: v, w
shares_memory: v, w
size: v
sort_complex: c
split: v, 3
stack: [v, w]
swapaxes: m, 0, 1
take: v, i
take_along_axis: v, i, 0
tensordot: m, n
tile: v, 2
tri: 3
tril_indices: 3
tril_indices_from: m
trim_zeros: v
triu_indices: 3
triu_indices_from: m
typename: 'd'
union1d: v, w
unpackbits: np.array([3], dtype=np.uint8)
unravel_index: 4, (3, 3)
unstack: m
unwrap: v
vander: v
vdot: v, w
vecdot: v, w
vecmat: v, m
vectorize: abs
vsplit: m, 3
vstack: [v, w]
where: b, v, w
zeros: 3
"""

METHODS = """
__abs__:
__add__: w
__getitem__: slice(0, 2)
__iadd__: w
__iand__: ~b
__ifloordiv__: w
__imatmul__: n
__imod__: w / 9
__imul__: w
__ior__: ~b
__ipow__: 2
__isub__: w
__itruediv__: w
__ixor__: ~b
__matmul__: w
__mul__: w
__neg__:
__pow__: 2
__setitem__: 0, 0.5
__sub__: w
__truediv__: w
argpartition: 1
astype: np.float64
byteswap:
choose: [v, w, v]
clip: 0.3, 0.6
compress: b
conj:
diagonal:
dot: w
fill: 0.5
getfield: np.float64
item: 0
partition: 1
put: i, w
repeat: 2
reshape: 9
resize: 3
searchsorted: 0.3
setfield: 1.0, np.float64
setflags:
swapaxes: 0, 0
take: i
to_device: 'cpu'
tobytes:
trace:
transpose:
view:
"""

RECEIVERS = """
T: m
__iand__: b
__imatmul__: m
__ior__: b
__ixor__: b
choose: i
diagonal: m
dot: v
flatten: m
imag: c
mT: m
ravel: m
real: c
reshape: m
sort: v
trace: m
"""
