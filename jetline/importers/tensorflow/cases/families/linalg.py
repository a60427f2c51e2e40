"""Matrices: products, diagonals, bands, and blocks moved between space, depth and batch."""
import numpy as np

from builder import raw

F32, F64, I, L = np.float32, np.float64, np.int32, np.int64

EQUATIONS = {
    "matmul": ("ij,jk->ik", [(2, 3), (3, 4)]), "batch_matmul": ("bij,bjk->bik", [(2, 2, 3), (2, 3, 4)]), "transpose": ("ij->ji", [(2, 3)]),
    "trace_like_sum": ("ij->", [(2, 3)]), "row_sum": ("ij->i", [(2, 3)]), "outer": ("i,j->ij", [(2,), (3,)]), "dot": ("i,i->", [(3,), (3,)]),
    "attention_scores": ("aecd,abcd->acbe", [(2, 3, 2, 4), (2, 5, 2, 4)]), "attention_values": ("acbe,aecd->abcd", [(2, 2, 5, 3), (2, 3, 2, 4)]),
    "dense": ("abc,cde->abde", [(2, 3, 4), (4, 2, 5)]), "dense_back": ("abcd,cde->abe", [(2, 3, 2, 4), (2, 4, 5)]), "ellipsis": ("...ij,...jk->...ik", [(2, 1, 2, 3), (3, 3, 2)]),
    "hadamard_sum": ("bij,bij->b", [(2, 3, 2), (2, 3, 2)]), "bilinear": ("bi,bj->bij", [(2, 3), (2, 4)]), "permuted": ("bhqk,bkhd->bqhd", [(2, 2, 3, 4), (2, 4, 2, 3)]),
    "one_operand_permute": ("abcd->adbc", [(2, 3, 1, 2)]), "ellipsis_end": ("...a,ab->...b", [(2, 3, 4), (4, 2)]),
    "ellipsis_one": ("i...->...i", [(2, 3, 2)]), "vector_matrix": ("k,kn->n", [(3,), (3, 4)]), "diagonal": ("ii->i", [(3, 3)]), "sums_on_both": ("abk,cbk->ac", [(2, 3, 2), (4, 3, 2)]),
    "free_sum": ("ij,k->i", [(2, 3), (4,)]),
}


def vec(*a, dtype=I):
    return np.array(a, dtype)


def make(add):
    for ta in [False, True]:
        for tb in [False, True]:
            add("MatMul", ("t" if ta else "n") + ("t" if tb else "n"), lambda g: raw.MatMul(
                a=g.input(g.normal(*(3, 2) if ta else (2, 3))), b=g.normal(*(4, 3) if tb else (3, 4)), transpose_a=ta, transpose_b=tb))
            for op, names in [("BatchMatMul", "xy"), ("BatchMatMulV2", "xy"), ("BatchMatMulV3", "xy")]:
                extra = {"Tout": F32} if op.endswith("3") else {}
                add(op, ("t" if ta else "n") + ("t" if tb else "n"), lambda g: getattr(raw, op)(
                    x=g.input(g.normal(2, *(3, 2) if ta else (2, 3))), y=g.input(g.normal(2, *(4, 3) if tb else (3, 4))), adj_x=ta, adj_y=tb, **extra))
    add("MatMul", "both_runtime", lambda g: raw.MatMul(a=g.input(g.normal(2, 3), "dims"), b=g.input(g.normal(3, 2), "dims")))
    add("MatMul", "double", lambda g: raw.MatMul(a=g.input(g.normal(2, 3, dtype=F64)), b=g.normal(3, 2, dtype=F64)))
    add("MatMul", "half", lambda g: raw.MatMul(a=g.input(g.normal(2, 3, dtype=np.float16)), b=g.normal(3, 2, dtype=np.float16)), tolerance=5e-3)
    add("MatMul", "int32", lambda g: raw.MatMul(a=g.input(g.ints(-5, 6, 2, 3)), b=g.input(g.ints(-5, 6, 3, 2))))
    add("MatMul", "with_bias", lambda g: raw.BiasAdd(value=raw.MatMul(a=g.input(g.normal(2, 3)), b=g.normal(3, 4)), bias=g.normal(4)))
    for what, a, b in [("broadcast", (2, 1, 2, 3), (3, 3, 2)), ("vector_of_matrices", (4, 2, 3), (3, 2)), ("rank2", (2, 3), (3, 2))]:
        add("BatchMatMulV2", what, lambda g: raw.BatchMatMulV2(x=g.input(g.normal(*a)), y=g.input(g.normal(*b))))
    add("BatchMatMulV2", "dynamic", lambda g: raw.BatchMatMulV2(x=g.input(g.normal(2, 2, 3), "dims"), y=g.input(g.normal(2, 3, 2), "dims"), adj_y=False))
    add("BatchMatMulV2", "dynamic_transposed", lambda g: raw.BatchMatMulV2(x=g.input(g.normal(2, 2, 3), "dims"), y=g.input(g.normal(2, 2, 3), "dims"), adj_y=True))
    add("BatchMatMulV2", "int32", lambda g: raw.BatchMatMulV2(x=g.input(g.ints(-5, 6, 2, 2, 3)), y=g.input(g.ints(-5, 6, 2, 3, 2))))
    add("BatchMatMulV3", "int_result", lambda g: raw.BatchMatMulV3(x=g.input(g.ints(-5, 6, 2, 2, 3, dtype=np.int8)), y=g.input(g.ints(-5, 6, 2, 3, 2, dtype=np.int8)), Tout=I))
    add("SparseMatMul", "plain", lambda g: raw.SparseMatMul(a=g.input(g.normal(2, 3)), b=g.input(g.normal(3, 2))))
    for what, (eq, shapes) in EQUATIONS.items():
        add("Einsum", what, lambda g: raw.Einsum(inputs=[g.input(g.normal(*s)) for s in shapes], equation=eq))
    add("Einsum", "constant_weights", lambda g: raw.Einsum(inputs=[g.input(g.normal(2, 3, 4), [None, None, 4]), g.normal(4, 2, 3)], equation="abc,cde->abde"))
    add("Einsum", "dynamic", lambda g: raw.Einsum(inputs=[g.input(g.normal(2, 3, 4), "dims"), g.input(g.normal(2, 5, 4), "dims")], equation="bic,bjc->bij"))
    add("Einsum", "double", lambda g: raw.Einsum(inputs=[g.input(g.normal(2, 3, dtype=F64)), g.input(g.normal(3, 2, dtype=F64))], equation="ij,jk->ki"))

    for op in ["MatrixDiag", "Diag"]:
        f = (lambda x: raw.MatrixDiag(diagonal=x)) if op == "MatrixDiag" else (lambda x: raw.Diag(diagonal=x))
        add(op, "vector", lambda g: f(g.input(g.normal(3))))
        add(op, "rank2", lambda g: f(g.input(g.normal(2, 3))))
        add(op, "int32", lambda g: f(g.input(g.ints(0, 9, 4))))
        add(op, "constant", lambda g: raw.AddV2(x=f(g.normal(3)), y=g.input(g.normal(3))))
    add("MatrixDiag", "dynamic", lambda g: raw.MatrixDiag(diagonal=g.input(g.normal(2, 3), "dims")))
    add("DiagPart", "rank2", lambda g: raw.DiagPart(input=g.input(g.normal(3, 3))))
    add("DiagPart", "rank4", lambda g: raw.DiagPart(input=g.input(g.normal(2, 3, 2, 3))))
    add("MatrixDiagPart", "square", lambda g: raw.MatrixDiagPart(input=g.input(g.normal(3, 3))))
    add("MatrixDiagPart", "wide_batch", lambda g: raw.MatrixDiagPart(input=g.input(g.normal(2, 2, 4))))
    add("MatrixDiagPart", "tall_int", lambda g: raw.MatrixDiagPart(input=g.input(g.ints(0, 9, 4, 2))))
    for v in ["V2", "V3"]:
        aligns = ["RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"] if v == "V3" else [""]
        for align in aligns:
            kw = {"align": align} if align else {}
            name = ("_" + align.lower()) if align else ""
            add("MatrixDiag" + v, "band" + name, lambda g: getattr(raw, "MatrixDiag" + v)(
                diagonal=g.input(g.normal(3, 4)), k=vec(-1, 1), num_rows=I(-1), num_cols=I(-1), padding_value=F32(0), **kw))
            add("MatrixDiagPart" + v, "band" + name, lambda g: getattr(raw, "MatrixDiagPart" + v)(
                input=g.input(g.normal(2, 3, 4)), k=vec(-1, 2), padding_value=F32(9), **kw))
            add("MatrixSetDiag" + v, "band" + name, lambda g: getattr(raw, "MatrixSetDiag" + v)(
                input=g.input(g.normal(3, 4)), diagonal=g.input(g.normal(2, 3)), k=vec(-1, 0), **kw))
        for k in [0, 1, -2]:
            what = f"k{k}".replace("-", "m")
            add("MatrixDiag" + v, what, lambda g: getattr(raw, "MatrixDiag" + v)(diagonal=g.input(g.normal(2, 3)), k=I(k), num_rows=I(-1), num_cols=I(-1), padding_value=F32(0)))
            add("MatrixDiagPart" + v, what, lambda g: getattr(raw, "MatrixDiagPart" + v)(input=g.input(g.normal(2, 4, 3)), k=I(k), padding_value=F32(0)))
            add("MatrixSetDiag" + v, what, lambda g: getattr(raw, "MatrixSetDiag" + v)(
                input=g.input(g.normal(2, 4, 4)), diagonal=g.input(g.normal(2, 4 - abs(k))), k=I(k)))
        add("MatrixDiag" + v, "padded", lambda g: getattr(raw, "MatrixDiag" + v)(diagonal=g.input(g.normal(3)), k=I(0), num_rows=I(3), num_cols=I(5), padding_value=F32(7)))
    add("MatrixSetDiag", "square", lambda g: raw.MatrixSetDiag(input=g.input(g.normal(3, 3)), diagonal=g.input(g.normal(3))))
    add("MatrixSetDiag", "batch_wide", lambda g: raw.MatrixSetDiag(input=g.input(g.normal(2, 2, 4)), diagonal=g.input(g.normal(2, 2))))
    for what, low, up in [("lower", -1, 0), ("upper", 0, -1), ("diagonal", 0, 0), ("band", 1, 2), ("all", -1, -1)]:
        add("MatrixBandPart", what, lambda g: raw.MatrixBandPart(input=g.input(g.normal(2, 4, 5)), num_lower=L(low), num_upper=L(up)))
    add("MatrixBandPart", "dynamic", lambda g: raw.MatrixBandPart(input=g.input(g.normal(4, 3), "dims"), num_lower=L(-1), num_upper=L(0)))
    add("MatrixBandPart", "int32", lambda g: raw.MatrixBandPart(input=g.input(g.ints(1, 9, 3, 3)), num_lower=I(1), num_upper=I(0)))
    add("MatrixBandPart", "causal_mask", lambda g: raw.Cast(x=raw.MatrixBandPart(input=raw.Fill(dims=g.input(vec(4, 4)), value=F32(1)), num_lower=I(-1), num_upper=I(0)), DstT=np.bool_))
    add("MatrixDeterminant", "batch", lambda g: raw.MatrixDeterminant(input=g.input(g.normal(2, 3, 3))), tolerance=1e-4)
    for adjoint in [False, True]:
        suffix = "_adjoint" if adjoint else ""
        add("MatrixInverse", "two" + suffix, lambda g: raw.MatrixInverse(input=g.input(g.normal(2, 2) + 2 * np.eye(2, dtype=F32)), adjoint=adjoint), tolerance=1e-4)
        add("MatrixInverse", "batch_three" + suffix, lambda g: raw.MatrixInverse(input=g.input(g.normal(2, 3, 3) + 3 * np.eye(3, dtype=F32)), adjoint=adjoint), tolerance=1e-4)
        add("MatrixSolve", "three" + suffix, lambda g: raw.MatrixSolve(matrix=g.input(g.normal(3, 3) + 3 * np.eye(3, dtype=F32)), rhs=g.input(g.normal(3, 2)), adjoint=adjoint), tolerance=1e-4)
        for lower in [True, False]:
            add("MatrixTriangularSolve", ("lower" if lower else "upper") + suffix, lambda g: raw.MatrixTriangularSolve(
                matrix=g.input(g.normal(3, 3) + 3 * np.eye(3, dtype=F32)), rhs=g.input(g.normal(3, 2)), lower=lower, adjoint=adjoint), tolerance=1e-4)
    add("Cholesky", "three", lambda g: raw.Cholesky(input=g.input(np.array([[4, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]], F32))), tolerance=1e-4)

    for block in [2, 3]:
        add("SpaceToDepth", f"block{block}", lambda g: raw.SpaceToDepth(input=g.input(g.normal(2, 6, 6, 2)), block_size=block))
        add("DepthToSpace", f"block{block}", lambda g: raw.DepthToSpace(input=g.input(g.normal(2, 2, 3, 2 * block * block)), block_size=block))
    add("SpaceToDepth", "dynamic", lambda g: raw.SpaceToDepth(input=g.input(g.normal(1, 4, 6, 2), [None, None, None, 2]), block_size=2))
    add("DepthToSpace", "dynamic", lambda g: raw.DepthToSpace(input=g.input(g.normal(1, 2, 3, 8), [None, None, None, 8]), block_size=2))

    def space_nchw(g, op, native):
        x = g.input(g.normal(2, 8, 4, 4))
        f = getattr(raw, op)
        if native:
            return f(input=x, block_size=2, data_format="NCHW")
        y = f(input=raw.Transpose(x=x, perm=vec(0, 2, 3, 1)), block_size=2)
        return raw.Transpose(x=y, perm=vec(0, 3, 1, 2))
    for op in ["SpaceToDepth", "DepthToSpace"]:
        add(op, "nchw", lambda g: space_nchw(g, op, True), reference=lambda g: space_nchw(g, op, False))
        add(op, "int32", lambda g: getattr(raw, op)(input=g.input(g.ints(0, 99, 1, 2, 2, 4)), block_size=2))
    for what, shape, block, pads in [("plain", (1, 4, 4, 2), (2, 2), ((0, 0), (0, 0))), ("padded", (2, 3, 5, 1), (2, 3), ((1, 0), (0, 1))), ("one_axis", (2, 6, 3), (3,), ((0, 0),)),
                                     ("three_axes", (1, 2, 4, 2, 2), (2, 2, 1), ((0, 0), (0, 0), (0, 0)))]:
        add("SpaceToBatchND", what, lambda g: raw.SpaceToBatchND(input=g.input(g.normal(*shape)), block_shape=vec(*block), paddings=vec(*pads)))
        n = int(np.prod(block))
        back = (n * shape[0], *[(s + sum(p)) // b for s, b, p in zip(shape[1:], block, pads)], *shape[1 + len(block):])
        add("BatchToSpaceND", what, lambda g: raw.BatchToSpaceND(input=g.input(g.normal(*back)), block_shape=vec(*block), crops=vec(*pads)))
    add("SpaceToBatchND", "dynamic", lambda g: raw.SpaceToBatchND(input=g.input(g.normal(1, 4, 4, 2), [None, None, None, 2]), block_shape=vec(2, 2), paddings=vec([0, 0], [0, 0])))
    add("BatchToSpaceND", "dynamic", lambda g: raw.BatchToSpaceND(input=g.input(g.normal(4, 2, 2, 2), [None, None, None, 2]), block_shape=vec(2, 2), crops=vec([0, 1], [1, 0])))
    add("SpaceToBatch", "block2", lambda g: raw.SpaceToBatch(input=g.input(g.normal(1, 4, 3, 2)), paddings=vec([0, 0], [0, 1]), block_size=2))
    add("BatchToSpace", "block2", lambda g: raw.BatchToSpace(input=g.input(g.normal(4, 2, 2, 2)), crops=vec([0, 0], [0, 1]), block_size=2))
