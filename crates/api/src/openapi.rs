//! The description of the API for programs, made from the handlers and their types.

use utoipa::OpenApi;

use crate::{health, sip_ws, status};

#[derive(OpenApi)]
#[openapi(
    info(title = "Warden", description = "What programs ask the phone system.", license(name = "Apache-2.0 or MIT", identifier = "Apache-2.0 OR MIT")),
    paths(health::health, status::status, sip_ws::sip_ws),
    tags((name = "system", description = "The system as a whole"))
)]
struct Description;

/// The description in JSON, `OpenAPI` 3.1; `openapi.json` at the root of the repository is a copy.
///
/// # Errors
/// None that is known: the description is plain data.
pub fn openapi() -> serde_json::Result<String> {
    Ok(Description::openapi().to_pretty_json()? + "\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{env, fs};

    #[test]
    fn the_committed_description_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
        let made = super::openapi().unwrap();
        if env::var_os("UPDATE_OPENAPI").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "run UPDATE_OPENAPI=1 cargo test -p warden-api, and read what changed");
    }
}
