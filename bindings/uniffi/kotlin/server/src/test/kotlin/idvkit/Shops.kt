package idvkit

import kotlinx.serialization.json.JsonObject

/** Accounts and requests of the sandbox, one for each provider. */
object Shops {
    val JUMIO_REQUEST: JsonObject = obj(
        "flow" to "jumio_authentication",
        "enrollment_transaction_reference" to "22222222-2222-4222-8222-222222222222",
    )
    val ATTESTR_REQUEST: JsonObject = obj(
        "flow" to "attestr_flowx",
        "flow_id" to "FX02zfeuvcj36knhn06us",
        "snapshot" to "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8",
        "tag" to "user-7",
        "locale" to "en",
    )
    val BIOMETRIC_KZ_REQUEST: JsonObject = obj("flow" to "biometric_kz_flow", "locale" to "en")
    val SIGNICAT_REQUEST: JsonObject =
        obj("flow" to "signicat_capture_flow", "providers" to listOf(obj("provider" to "signicatpaper")))

    fun jumio(): JsonObject = obj(
        "provider" to "jumio",
        "region" to "us",
        "api_token" to "sandbox-jumio-token",
        "api_secret" to "sandbox-jumio-secret",
        "user_agent" to "ExampleShop Demo/1.0",
        "callback" to obj("url" to "https://merchant.example/jumio"),
        "success_url" to "http://localhost:3000/back",
        "error_url" to "http://localhost:3000/back",
        "options" to obj("development" to true, "api_base" to "${Sandbox.url}/jumio/us"),
    )

    fun attestr(): JsonObject = obj(
        "provider" to "attestr",
        "auth_token" to "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
        "client_key" to "00112233445566778899aabbccddeeff",
        "client_secrets" to listOf("0123456789abcdef0123456789abcdef0123456789abcdef"),
        "options" to obj(
            "development" to true,
            "api_base" to "${Sandbox.url}/attestr/api",
            "library_src" to "${Sandbox.url}/attestr/cdn/flowx.js",
        ),
    )

    fun biometricKz(): JsonObject = obj(
        "provider" to "biometric_kz",
        "api_key" to "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
        "options" to obj(
            "development" to true,
            "api_base" to "${Sandbox.url}/biometric_kz/kyc",
            "front_base" to "${Sandbox.url}/biometric_kz/remote",
        ),
    )

    fun signicat(url: String = Sandbox.url): JsonObject = obj(
        "provider" to "signicat",
        "client_id" to "sandbox-quiet-lake-123",
        "client_secret" to "sandbox-signicat-secret",
        "redirect_url" to "http://localhost:3000/back",
        "profile" to obj(
            "custom" to obj(
                "token_url" to "$url/signicat/auth/open/connect/token",
                "scope" to "signicat-api",
                "api_base" to "$url/signicat/assure",
            ),
        ),
        "options" to obj("development" to true),
    )
}
