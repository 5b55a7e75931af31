//! Aligned columns for a terminal. Layout only.

/// A table: as wide as its widest cells, the last column not padded. Control characters are left out of cells.
#[must_use]
pub fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let mut lines: Vec<[String; N]> = vec![titles.map(clean)];
    lines.extend(rows.iter().map(|row| row.each_ref().map(|cell| clean(cell))));
    let mut widths = [0; N];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in &lines {
        let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_do_not_line_up() {
        let rows =
            [["a".to_owned(), "é\u{1b}é".to_owned(), "x".to_owned()], ["bbb".to_owned(), String::new(), String::new()]];
        assert_eq!(table(["N", "WORD", "Z"], &rows), "N    WORD  Z\na    éé    x\nbbb\n");
    }
}
