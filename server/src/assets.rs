//! What browsers fetch beside pages, built into the program: stylesheet, fonts, icons, modules, WebAssembly.
//!
//! Names carry a hash of the content, so an asset never changes under its path and may be kept for ever
//! (`Cache-Control: public, max-age=31536000, immutable`). The table is written by `build.rs`.

/// A file of the program's own.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its name in the source: `site.css`, `fonts/text.woff2`, `islands.js`.
    pub name: &'static str,
    /// Where it is served: `/assets/<name>-<hash>.<ext>`.
    pub path: &'static str,
    /// Its media type, with the character set for text.
    pub content_type: &'static str,
    /// The bytes.
    pub plain: &'static [u8],
    /// The bytes with brotli, unless that gains nothing.
    pub brotli: Option<&'static [u8]>,
}

/// What an island page loads.
#[derive(Clone, Copy, Debug)]
pub struct IslandsBoot {
    /// The path of the module that starts everything.
    pub module: &'static str,
    /// The path of the glue, worth a `modulepreload`.
    pub glue: &'static str,
    /// The path of the WebAssembly, worth a `preload` as `fetch`.
    pub wasm: &'static str,
}

static TABLE: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Every asset, in the order of names.
pub fn all() -> &'static [Asset] {
    TABLE
}

/// The asset that is served at `path`.
pub fn at(path: &str) -> Option<&'static Asset> {
    TABLE.iter().find(|asset| asset.path == path)
}

/// The asset of that name in the source.
pub fn named(name: &str) -> Option<&'static Asset> {
    TABLE.iter().find(|asset| asset.name == name)
}

/// What an island page loads; `None` where the program was built without WebAssembly, and islands stay plain HTML.
pub fn islands_boot() -> Option<IslandsBoot> {
    Some(IslandsBoot {
        module: named("islands.js")?.path,
        glue: named("regatta.js")?.path,
        wasm: named("regatta.wasm")?.path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        let asset = named(name).unwrap_or_else(|| panic!("{name} is not embedded"));
        String::from_utf8(asset.plain.to_vec()).unwrap()
    }

    #[test]
    fn every_path_leads_to_its_asset_and_to_no_other() {
        for asset in all() {
            assert_eq!(at(asset.path).map(|found| found.name), Some(asset.name));
            assert!(!asset.plain.is_empty(), "{} is empty", asset.name);
        }
        assert!(at("/assets/site.css").is_none(), "a name without a hash is nothing one may keep for ever");
    }

    #[test]
    fn the_stylesheet_declares_its_layers_before_it_fills_them() {
        let sheet = text("site.css");
        let declared = sheet.find("@layer tokens, fonts").unwrap();
        assert!(sheet[..declared].find('{').is_none(), "a rule stands before the order of layers");
    }

    #[test]
    fn references_between_files_lead_to_assets() {
        for asset in all().iter().filter(|asset| asset.content_type.starts_with("text/")) {
            let content = text(asset.name);
            // The glue also names its own import object `"./regatta_bg.js": …`, which is a key and no reference.
            let references = content.split("\"./").skip(1).filter_map(|rest| rest.split_once('"'));
            for (reference, _) in references.filter(|(_, after)| !after.starts_with(':')) {
                let path = format!("/assets/{reference}");
                assert!(at(&path).is_some(), "{} refers to {path}, which is not there", asset.name);
            }
            assert!(
                !content.contains("url(\"fonts/"),
                "{} refers to a font that is not embedded",
                asset.name
            );
        }
    }

    #[test]
    fn compressed_assets_are_smaller() {
        for asset in all() {
            if let Some(brotli) = asset.brotli {
                assert!(brotli.len() < asset.plain.len(), "{}", asset.name);
            }
        }
    }
}
