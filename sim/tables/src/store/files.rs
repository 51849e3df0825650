//! Tables as files: Parquet to compute with, CSV to look at. Both are written and read a group of
//! rows at a time, so that a table of any length needs little memory.

use super::guard::guarded;
use anyhow::{Context, Result, ensure};
use polars::io::csv::write::BatchedWriter as CsvRows;
use polars::io::parquet::write::BatchedWriter as ParquetRows;
use polars::prelude::{
    CsvWriter, DataFrame, FileMetadataRef, ParallelStrategy, ParquetCompression, ParquetReader,
    ParquetWriter, Schema, SerReader, SerWriter,
};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use weir_base::Replacement;

/// Rows of a group. It depends on nothing but the table, so that equal tables give equal bytes.
pub(crate) const GROUP: usize = 1 << 16;

/// The two files of a table that is being written. Both writers run on one thread, and neither puts
/// a time or a version into the file, so that equal tables give equal bytes.
pub(crate) struct TableFiles {
    parquet: PathBuf,
    parquet_file: Replacement,
    parquet_rows: ParquetRows<BufWriter<File>>,
    csv: PathBuf,
    csv_file: Replacement,
    csv_rows: CsvRows<File>,
}

impl TableFiles {
    /// Makes `<dir>/<table>.parquet` and `<dir>/<table>.csv`.
    pub(crate) fn create(dir: &Path, table: &str, schema: &Schema) -> Result<Self> {
        let parquet = dir.join(format!("{table}.parquet"));
        let attempt = || format!("write {}", parquet.display());
        let (parquet_file, file) = begun(&parquet).with_context(attempt)?;
        let parquet_rows = ParquetWriter::new(BufWriter::new(file))
            .with_compression(ParquetCompression::Zstd(None))
            .set_parallel(false)
            .batched(schema)
            .with_context(attempt)?;

        let csv = dir.join(format!("{table}.csv"));
        let attempt = || format!("write {}", csv.display());
        let (csv_file, file) = begun(&csv).with_context(attempt)?;
        let csv_rows = CsvWriter::new(file).n_threads(1).batched(schema).with_context(attempt)?;
        Ok(Self { parquet, parquet_file, parquet_rows, csv, csv_file, csv_rows })
    }

    /// Adds rows, as one group.
    pub(crate) fn add(&mut self, rows: &DataFrame) -> Result<()> {
        let Self { parquet, parquet_rows, csv, csv_rows, .. } = self;
        let attempt = || format!("write {}", parquet.display());
        parquet_rows.write_batch(rows).with_context(attempt)?;
        csv_rows.write_batch(rows).with_context(|| format!("write {}", csv.display()))
    }

    /// Writes what stands at the end of a file, and gives both files their names.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { parquet, parquet_file, parquet_rows, csv, csv_file, mut csv_rows } = self;
        let attempt = || format!("write {}", parquet.display());
        parquet_rows.finish().map(drop).with_context(attempt)?;
        // What it wrote to flushes when it goes, or not at all.
        drop(parquet_rows);
        parquet_file.commit().with_context(attempt)?;
        let attempt = || format!("write {}", csv.display());
        csv_rows.finish().with_context(attempt)?;
        csv_file.commit().with_context(attempt)
    }
}

/// A file that is to have this name, and a handle to write to it.
fn begun(path: &Path) -> io::Result<(Replacement, File)> {
    let replacement = Replacement::create(path)?;
    let file = replacement.file().try_clone()?;
    Ok((replacement, file))
}

/// Opens a file. What is no file, such as a pipe that nobody writes to, might never end.
pub(crate) fn open(path: &Path) -> Result<File> {
    ensure!(path.metadata()?.is_file(), "it is no file");
    Ok(File::open(path)?)
}

/// The rows of a table, a group at a time.
pub(crate) struct Groups {
    path: PathBuf,
    columns: Vec<String>,
    metadata: FileMetadataRef,
    next: usize,
    rows: usize,
}

impl Groups {
    /// These columns of `<dir>/<table>.parquet`.
    pub(crate) fn open(dir: &Path, table: &str, columns: &[&str]) -> Result<Self> {
        let path = dir.join(format!("{table}.parquet"));
        let attempt = || format!("read {}", path.display());
        let (metadata, rows) = guarded(|| {
            let mut reader = ParquetReader::new(open(&path)?);
            Ok((reader.get_metadata()?.clone(), reader.num_rows()?))
        })
        .with_context(attempt)?;
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self { path, columns, metadata, next: 0, rows })
    }

    /// The next rows, in order; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<DataFrame>> {
        if self.next >= self.rows {
            return Ok(None);
        }
        let frame = self.read(self.next, GROUP)?;
        let (found, left) = (frame.height(), self.rows - self.next);
        let name = self.path.display();
        ensure!(found == left.min(GROUP), "read {name}: it has not the rows that it says it has");
        self.next += found;
        Ok(Some(frame))
    }

    fn read(&self, from: usize, rows: usize) -> Result<DataFrame> {
        let attempt = || format!("read {}", self.path.display());
        guarded(|| {
            let mut reader = ParquetReader::new(open(&self.path)?);
            // Read once: that of a table with many groups is long.
            reader.set_metadata(self.metadata.clone());
            let reader = reader
                .with_columns(Some(self.columns.clone()))
                // It is the one that does not look into the groups before.
                .read_parallel(ParallelStrategy::RowGroups)
                .with_slice(Some((from, rows)));
            Ok(reader.finish()?)
        })
        .with_context(attempt)
    }
}

/// Whether the table `<dir>/<table>.parquet` is there and not empty.
///
/// # Errors
/// If it cannot be read.
pub fn has_rows(dir: &Path, table: &str) -> Result<bool> {
    Ok(dir.join(format!("{table}.parquet")).is_file() && Groups::open(dir, table, &[])?.rows > 0)
}

/// A frame with all columns of `<dir>/<table>.parquet`, and none of its rows.
pub(crate) fn read_head(dir: &Path, table: &str) -> Result<DataFrame> {
    let path = dir.join(format!("{table}.parquet"));
    let attempt = || format!("read {}", path.display());
    guarded(|| Ok(ParquetReader::new(open(&path)?).with_slice(Some((0, 0))).finish()?))
        .with_context(attempt)
}
