//! Names and queries made comparable: lower case, plain letters, words apart, short forms spelt out. It knows no area.

use super::code::Level;

/// Short forms that people write, and what they stand for. An empty one is left out: the words after it are enough.
const SHORT_FORMS: [(&str, &str); 30] = [
    ("babel", "bangka belitung"),
    ("dki", "daerah khusus ibukota"),
    ("diy", "daerah istimewa yogyakarta"),
    ("gn", "gunung"),
    ("jabar", "jawa barat"),
    ("jateng", "jawa tengah"),
    ("jatim", "jawa timur"),
    ("jogja", "yogyakarta"),
    ("kalbar", "kalimantan barat"),
    ("kalsel", "kalimantan selatan"),
    ("kalteng", "kalimantan tengah"),
    ("kaltim", "kalimantan timur"),
    ("kaltara", "kalimantan utara"),
    ("kep", "kepulauan"),
    ("kepri", "kepulauan riau"),
    ("malut", "maluku utara"),
    ("ntb", "nusa tenggara barat"),
    ("ntt", "nusa tenggara timur"),
    ("sulbar", "sulawesi barat"),
    ("sulsel", "sulawesi selatan"),
    ("sulteng", "sulawesi tengah"),
    ("sultra", "sulawesi tenggara"),
    ("sulut", "sulawesi utara"),
    ("sumbar", "sumatera barat"),
    ("sumsel", "sumatera selatan"),
    ("sumut", "sumatera utara"),
    ("sumatra", "sumatera"),
    ("tj", "tanjung"),
    ("administrasi", ""),
    ("adm", ""),
];

/// Words that say of what level an area is. Some are part of names as well: there is a district Kota Waisai.
const LEVEL_WORDS: [(&str, Level); 15] = [
    ("provinsi", Level::Province),
    ("propinsi", Level::Province),
    ("prov", Level::Province),
    ("kabupaten", Level::Regency),
    ("kab", Level::Regency),
    ("kota", Level::City),
    ("kotamadya", Level::City),
    ("kodya", Level::City),
    ("kecamatan", Level::District),
    ("kec", Level::District),
    ("distrik", Level::District),
    ("kelurahan", Level::Village),
    ("kel", Level::Village),
    ("desa", Level::Village),
    ("nagari", Level::Village),
];

/// The level that a word names, if it names one.
pub(super) fn level_word(word: &str) -> Option<Level> {
    LEVEL_WORDS.iter().find(|(other, _)| *other == word).map(|(_, level)| *level)
}

/// The words of a name: without Kabupaten or Kota where those only say what level it is.
pub(super) fn name_words(name: &str, level: Level) -> Vec<String> {
    let mut words = words(name);
    if matches!(level, Level::Regency | Level::City) && words.len() > 1 {
        words.remove(0);
    }
    words
}

/// The words of a text, lower-case letters `a` to `z` and digits only, short forms spelt out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut plain, c));
    let spelt = |word: &'_ str| SHORT_FORMS.iter().find(|(short, _)| *short == word).map(|(_, long)| *long);
    let mut found = Vec::new();
    for word in plain.split(' ').filter(|word| !word.is_empty()) {
        match spelt(word) {
            Some(long) => found.extend(long.split(' ').filter(|word| !word.is_empty()).map(str::to_owned)),
            None => found.push(word.to_owned()),
        }
    }
    found
}

/// Adds a letter without its marks; a space for what separates words, nothing for what does not.
fn push(plain: &mut String, c: char) {
    let base = match c {
        'a'..='z' | '0'..='9' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '\'' | '`' | '’' | '‘' | 'ʼ' | 'ʻ' | '\u{300}'..='\u{36f}' => None,
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => Some('a'),
        'Ç' | 'ç' | 'Ć'..='č' => Some('c'),
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => Some('e'),
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='į' => Some('i'),
        'Ñ' | 'ñ' | 'Ń'..='ň' => Some('n'),
        'Ò'..='Ö' | 'ò'..='ö' | 'Ō'..='ő' => Some('o'),
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => Some('u'),
        'Ý' | 'ý' | 'ÿ' => Some('y'),
        _ => Some(' '),
    };
    plain.extend(base);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_differs_from_itself_in_another_dress() {
        for (text, folded) in [
            ("Lubuk  BEGALUNG", "lubuk begalung"),
            ("Regapu’u", "regapuu"),
            ("Regapu'u", "regapuu"),
            ("Uli-Uli", "uli uli"),
            ("Tiro/Truseb", "tiro truseb"),
            ("Misool (Misool Utara)", "misool misool utara"),
            ("Sumbar", "sumatera barat"),
            ("Pàdang", "padang"),
            ("Pa\u{301}dang", "padang"),
            ("Kota Adm. Jakarta Pusat", "kota jakarta pusat"),
            ("...", ""),
        ] {
            assert_eq!(words(text).join(" "), folded, "{text}");
        }
    }

    #[test]
    fn kota_of_a_district_is_left_out() {
        assert_eq!(name_words("Kota Waisai", Level::District), ["kota", "waisai"]);
        assert_eq!(name_words("Kota Padang", Level::City), ["padang"]);
        assert_eq!(name_words("Kabupaten Administrasi Kepulauan Seribu", Level::Regency), ["kepulauan", "seribu"]);
    }
}
