"""Writes the fixtures beside this file with pyarrow: python3 make.py"""
import datetime as dt
import decimal as d
import os

import pyarrow as pa
import pyarrow.parquet as pq

here = os.path.dirname(os.path.abspath(__file__))
T = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
rows = {
    "i8": pa.array([1, None, -3], pa.int8()),
    "i16": pa.array([1, None, -300], pa.int16()),
    "i32": pa.array([1, None, -70000], pa.int32()),
    "i64": pa.array([1, None, -(1 << 40)], pa.int64()),
    "u32": pa.array([1, None, (1 << 32) - 1], pa.uint32()),
    "u64": pa.array([1, None, (1 << 64) - 1], pa.uint64()),
    "f32": pa.array([1.5, None, -2.5], pa.float32()),
    "f64": pa.array([1.5, None, 1e300], pa.float64()),
    "b": pa.array([True, None, False]),
    "s": pa.array(["a", None, "grün"]),
    "bin": pa.array([b"\x00\xff", None, b""]),
    "fix": pa.array([b"abcd", None, b"wxyz"], pa.binary(4)),
    "d9": pa.array([d.Decimal("1.23"), None, d.Decimal("-9.99")], pa.decimal128(9, 2)),
    "d30": pa.array([d.Decimal("12345678901234567890.5"), None, d.Decimal("-0.5")], pa.decimal128(30, 1)),
    "date": pa.array([dt.date(2026, 1, 2), None, dt.date(1969, 12, 31)]),
    "t32": pa.array([dt.time(1, 2, 3, 4000), None, dt.time(0)], pa.time32("ms")),
    "t64": pa.array([dt.time(1, 2, 3, 4567), None, dt.time(0)], pa.time64("us")),
    "ts_ms": pa.array([T, None, dt.datetime(1969, 12, 31, 23, 59, 59, 999000)], pa.timestamp("ms")),
    "ts_us": pa.array([T, None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999)], pa.timestamp("us")),
    "ts_ns": pa.array([T, None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999)], pa.timestamp("ns")),
    "ltz": pa.array([T, None, T], pa.timestamp("us", tz="UTC")),
    "arr": pa.array([[1, None, 3], None, []], pa.list_(pa.int64())),
    "arr2": pa.array([[["x"], [], None], None, [["y", None]]], pa.list_(pa.list_(pa.string()))),
    "map": pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int32())),
    "row": pa.array([{"x": 1, "y": "p"}, None, {"x": None, "y": "q"}], pa.struct([("x", pa.int32()), ("y", pa.string())])),
    "deep": pa.array([[{"k": 1, "v": ["m", "n"]}, {"k": None, "v": []}], None, [None]],
                     pa.list_(pa.struct([("k", pa.int32()), ("v", pa.list_(pa.string()))]))),
}
t = pa.table(rows)
t3 = pa.concat_tables([t] * 3)
pq.write_table(t3, here + "/all.parquet", row_group_size=4, store_schema=False, compression="zstd")
pq.write_table(t3, here + "/plain.parquet", row_group_size=100, store_schema=False, use_dictionary=False,
               data_page_version="2.0", compression="gzip", data_page_size=16, write_batch_size=2)
pq.write_table(t.select(["s", "ts_ns"]), here + "/int96.parquet", store_schema=False, use_deprecated_int96_timestamps=True,
               compression="lz4")
