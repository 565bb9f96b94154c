locals {
  # What the application may read and write of its user's profile.
  profile_attributes = sort(concat(["email", "name"], [for name in keys(local.attributes) : "custom:${name}"]))
}

# Public: a browser keeps no secret. With SRP the password never leaves it, and
# the application asks for PKCE with each code grant.
resource "aws_cognito_user_pool_client" "this" {
  name         = "${var.name}-app"
  user_pool_id = aws_cognito_user_pool.this.id

  enable_token_revocation       = true
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
  generate_secret               = false
  prevent_user_existence_errors = "ENABLED"
  read_attributes               = concat(local.profile_attributes, ["email_verified"])
  write_attributes              = local.profile_attributes

  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  # The last one lets users change their own profile, password and TOTP device.
  allowed_oauth_scopes         = ["email", "openid", "profile", "aws.cognito.signin.user.admin"]
  callback_urls                = setunion(["${var.application_url}/auth/callback"], var.callback_urls)
  default_redirect_uri         = "${var.application_url}/auth/callback"
  logout_urls                  = [var.application_url]
  supported_identity_providers = ["COGNITO"]

  access_token_validity  = var.token_validity.access_minutes
  id_token_validity      = var.token_validity.id_minutes
  refresh_token_validity = var.token_validity.refresh_days

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}
