//! The glue between JavaScript and the module, by wasm-bindgen.

use wasm_bindgen_cli_support::Bindgen;

/// What a browser can load.
pub(crate) struct Bound {
    /// The module, with the imports that the glue serves.
    pub module: Vec<u8>,
    /// The ES module that loads it; its caller says where the module lies.
    pub glue: String,
}

/// Binds the module that cargo built.
pub(crate) fn bind(module: Vec<u8>) -> Result<Bound, String> {
    let mut bindgen = Bindgen::new();
    let bound = bindgen.input_bytes("regatta", module).web(true).and_then(|bindgen| {
        bindgen
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate_output()
    });
    let mut bound = bound.map_err(|error| format!("{error:#}"))?;
    let inline = bound.snippets().iter().filter(|(_, scripts)| !scripts.is_empty()).map(|(name, _)| name);
    let own_scripts: Vec<&String> = inline.chain(bound.local_modules().keys()).collect();
    if !own_scripts.is_empty() {
        return Err(format!(
            "crates bring JavaScript of their own, for which there is no place: {own_scripts:?}"
        ));
    }
    Ok(Bound { glue: bound.js().to_owned(), module: bound.wasm_mut().emit_wasm() })
}
