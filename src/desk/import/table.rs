//! A table in a CSV file (RFC 4180), row by row, with bounded memory: what separates its cells is found out, what is no UTF-8 text
//! is refused with the remedy. What the rows mean is not its business.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::mistake::Mistake;

/// Most bytes of a file.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Most rows of a table.
pub const ROWS_MAX: u64 = 500_000;
/// Most bytes of a row; more means a quotation mark that is never closed.
pub const ROW_BYTES_MAX: usize = 512 * 1024;
/// Most columns of a table.
pub const COLUMNS_MAX: usize = 500;
/// How much of a file is looked at to find out what it is.
const SNIFF_BYTES: usize = 64 * 1024;
/// What the reader may take in beyond the row that it reads.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// What may separate cells, the likelier first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A file with a table.
#[derive(Debug)]
pub struct Table {
    file: File,
    /// Bytes before the first line: a byte order mark.
    start: u64,
    /// What separates cells.
    pub delimiter: u8,
    /// The names of the columns, from the first line.
    pub columns: Vec<String>,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Keeps the bytes of the row that is read, to count its lines by, until it has become longer than any row is.
struct Fused {
    inner: File,
    ahead: Rc<RefCell<VecDeque<u8>>>,
}

impl Read for Fused {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let mut ahead = self.ahead.borrow_mut();
        ahead.extend(into.iter().take(read));
        if ahead.len() > ROW_BYTES_MAX.saturating_add(READ_AHEAD_BYTES) {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        Ok(read)
    }
}

/// The rows of a table, after its first line.
pub struct Rows {
    reader: Reader<Fused>,
    ahead: Rc<RefCell<VecDeque<u8>>>,
    record: ByteRecord,
    /// Rows read.
    read: u64,
    /// The line after what was read.
    line: u64,
    /// Whether the last byte of it was a carriage return.
    returned: bool,
}

/// A row.
#[derive(Debug)]
pub struct Row<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Where in the file it ends, in bytes.
    pub ends: u64,
    /// Its cells.
    pub cells: Vec<&'a str>,
}

impl Table {
    /// Opens a file and reads its first line.
    ///
    /// # Errors
    /// If it cannot be read, is no plain file or no UTF-8 text, is too large, or has no line of column names.
    pub fn open(path: &Path, delimiter: Option<u8>) -> Result<Self, Mistake> {
        let unreadable = |error: io::Error| fault("unreadable", vec![("cause", error.to_string())]);
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(fault("not-a-file", vec![]));
        }
        let bytes = metadata.len();
        if bytes > FILE_BYTES_MAX {
            return Err(fault("too-large", vec![("bytes", bytes.to_string()), ("max", FILE_BYTES_MAX.to_string())]));
        }
        let mut head = Vec::new();
        let sniffed = u64::try_from(SNIFF_BYTES).unwrap_or(u64::MAX);
        file.by_ref().take(sniffed).read_to_end(&mut head).map_err(unreadable)?;
        let start = begins(&head)?;
        let text = head.get(start..).unwrap_or_default();
        let delimiter = delimiter.unwrap_or_else(|| separator(text));
        let start = u64::try_from(start).unwrap_or(0);
        let mut table = Self { file, start, delimiter, columns: Vec::new(), bytes };
        table.columns = table.first_line()?;
        Ok(table)
    }

    fn first_line(&self) -> Result<Vec<String>, Mistake> {
        let mut rows = self.at_the_top()?;
        let Some(first) = rows.next()? else { return Err(fault("empty", vec![])) };
        let columns: Vec<String> = first.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            return Err(fault("empty", vec![]));
        }
        if columns.len() > COLUMNS_MAX {
            return Err(fault("too-many-columns", vec![("max", COLUMNS_MAX.to_string())]));
        }
        Ok(columns)
    }

    fn at_the_top(&self) -> Result<Rows, Mistake> {
        let unreadable = |error: io::Error| fault("unreadable", vec![("cause", error.to_string())]);
        let mut file = self.file.try_clone().map_err(unreadable)?;
        file.seek(SeekFrom::Start(self.start)).map_err(unreadable)?;
        let ahead = Rc::new(RefCell::new(VecDeque::new()));
        let fused = Fused { inner: file, ahead: Rc::clone(&ahead) };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .buffer_capacity(READ_AHEAD_BYTES / 2)
            .from_reader(fused);
        Ok(Rows { reader, ahead, record: ByteRecord::new(), read: 0, line: 1, returned: false })
    }

    /// Its rows from the first on. Only one set of rows can be read at a time.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rows(&self) -> Result<Rows, Mistake> {
        let mut rows = self.at_the_top()?;
        rows.next()?;
        rows.read = 0;
        Ok(rows)
    }
}

impl Rows {
    /// The next row; empty lines are passed over.
    ///
    /// # Errors
    /// If the file cannot be read on: bytes that are no UTF-8, a quotation mark that is never closed, too many rows.
    #[expect(clippy::should_implement_trait, reason = "a row borrows from its table")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Mistake> {
        let before = self.reader.position().byte();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) => return Err(at_line(self.line, &error)),
        }
        self.read = self.read.saturating_add(1);
        let line = self.count(self.reader.position().byte().saturating_sub(before));
        if self.read > ROWS_MAX {
            return Err(Mistake { line, ..fault("too-many-rows", vec![("max", ROWS_MAX.to_string())]) });
        }
        let cells = self.record.iter().map(std::str::from_utf8).collect::<Result<Vec<&str>, _>>();
        let cells = cells.map_err(|_| Mistake { line, ..fault("not-utf8", vec![]) })?;
        Ok(Some(Row { line, ends: self.reader.position().byte(), cells }))
    }
}

impl Rows {
    /// Goes over the bytes of a row that was read; says on which line it begins.
    fn count(&mut self, bytes: u64) -> u64 {
        let mut ahead = self.ahead.borrow_mut();
        let (mut begins, mut begun) = (self.line, false);
        for _ in 0..bytes {
            let Some(byte) = ahead.pop_front() else { break };
            // Both together end one line.
            let ends = byte == b'\r' || byte == b'\n' && !self.returned;
            self.returned = byte == b'\r';
            self.line = self.line.saturating_add(u64::from(ends));
            begun |= !matches!(byte, b'\n' | b'\r');
            if !begun {
                begins = self.line;
            }
        }
        begins
    }
}

fn at_line(line: u64, error: &csv::Error) -> Mistake {
    let long = matches!(error.kind(), csv::ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::FileTooLarge);
    let found = if long {
        fault("row-too-long", vec![("max", ROW_BYTES_MAX.to_string())])
    } else {
        fault("unreadable", vec![("cause", error.to_string())])
    };
    Mistake { line, ..found }
}

fn fault(code: &'static str, facts: Vec<(&'static str, String)>) -> Mistake {
    Mistake::of_all("", code, facts)
}

/// Where the text begins, if it is one.
fn begins(head: &[u8]) -> Result<usize, Mistake> {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(fault("utf16", vec![]));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(fault("workbook", vec![]));
    }
    if head.contains(&0) {
        return Err(fault("binary", vec![]));
    }
    Ok(if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 })
}

/// What separates the cells of the first line: whatever stands there most often outside quotation marks.
fn separator(text: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0_usize; SEPARATORS.len()];
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            byte => {
                let found = counts.iter_mut().zip(SEPARATORS).find(|(_, separator)| separator == byte);
                if let Some((count, _)) = found {
                    *count = count.saturating_add(1);
                }
            }
        }
    }
    let most = counts.into_iter().max().unwrap_or(0);
    counts.into_iter().zip(SEPARATORS).find(|(count, _)| *count == most).map_or(b',', |(_, separator)| separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, Mistake> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, bytes).unwrap();
        let table = Table::open(&path, None)?;
        let mut rows = table.rows()?;
        let mut found = vec![(0, table.columns.clone())];
        while let Some(row) = rows.next()? {
            found.push((row.line, row.cells.iter().map(|cell| (*cell).to_owned()).collect()));
        }
        Ok(found)
    }

    fn refused(bytes: &[u8]) -> (u64, &'static str) {
        let mistake = table(bytes).unwrap_err();
        (mistake.line, mistake.code)
    }

    #[test]
    fn separator_or_mark_is_taken_for_text() {
        for (head, body) in [("a,b", "1,\"x;y\""), ("a;b", "1;x,y"), ("\u{feff}a\tb", "1\tx"), ("\"a;;;\",b", "1,x")] {
            let found = table(format!("{head}\r\n{body}\r\n").as_bytes()).unwrap();
            assert_eq!((found.len(), found[0].1.len(), found[1].1.len()), (2, 2, 2), "{head}: {found:?}");
            assert!(!found[0].1[0].contains('\u{feff}'));
        }
        assert_eq!(table(b"a\n1\n").unwrap().len(), 2);
    }

    #[test]
    fn line_of_a_row_is_miscounted() {
        let found = table(b"a,b\n1,\"two\nlines\"\n\n3,x\n4\n5,x,y\n").unwrap();
        let lines = |found: &[(u64, Vec<String>)]| {
            found.iter().skip(1).map(|(line, row)| (*line, row.len())).collect::<Vec<_>>()
        };
        assert_eq!(lines(&found), [(2, 2), (5, 2), (6, 1), (7, 3)]);
        assert_eq!(found[1].1[1], "two\nlines");
        for end in ["\r\n", "\r"] {
            let text = ["a,b", "1,\"two", "lines\"", "", "3,x", "4", "5,x,y"].join(end);
            assert_eq!(lines(&table(text.as_bytes()).unwrap()), [(2, 2), (5, 2), (6, 1), (7, 3)], "{end:?}");
        }
        let long = "1,x\r\n".repeat(40_000);
        assert_eq!(table(format!("a,b\r\n{long}").as_bytes()).unwrap().last().unwrap().0, 40_001);
    }

    #[test]
    fn other_file_is_read_as_text() {
        assert_eq!(refused(&[0xff, 0xfe, b'a', 0]), (0, "utf16"));
        assert_eq!(refused(b"PK\x03\x04rest"), (0, "workbook"));
        assert_eq!(refused(b"a,b\n1,\0\n"), (0, "binary"));
        assert_eq!(refused(b"a,b\n1,x\n2,caf\xe9\n"), (3, "not-utf8"));
        assert_eq!(refused(b""), (0, "empty"));
        assert_eq!(refused(b",,\n1,2,3\n"), (0, "empty"));
        let open = [b"a,b\n1,x\n2,\"open\n".to_vec(), vec![b'x'; 700_000], b"\n".to_vec()].concat();
        assert_eq!(refused(&open), (3, "row-too-long"));
        assert_eq!(Table::open(Path::new("/"), None).unwrap_err().code, "not-a-file");
        assert_eq!(Table::open(Path::new("/no/such.csv"), None).unwrap_err().code, "unreadable");
    }
}
