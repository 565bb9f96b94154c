data "aws_region" "current" {}

locals {
  # Strings that a user may set; lengths in characters.
  attributes = {
    company_size = 32
    industry     = 128
    job_title    = 128
    position     = 128
  }

  # The smaller number wins where a user is in several groups.
  groups = {
    admin = { description = "Operators of the application", precedence = 1 }
    user  = { description = "Users of the application", precedence = 10 }
  }

  threat_protection = var.threat_protection == "OFF" ? toset([]) : toset(["this"])
}

# No prevent_destroy, for the reasons of the database's cluster: AWS refuses the
# deletion while deletion_protection is on.
resource "aws_cognito_user_pool" "this" {
  name = var.name

  auto_verified_attributes = ["email"]
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  mfa_configuration        = var.mfa
  username_attributes      = ["email"]
  # Threat protection is a feature of the Plus tier.
  user_pool_tier = var.threat_protection == "OFF" ? "ESSENTIALS" : "PLUS"

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = false

    invite_message_template {
      email_message = file("${path.module}/templates/invitation.html")
      email_subject = "Goal Mandala への招待 / You are invited to Goal Mandala"
    }
  }

  email_configuration {
    configuration_set     = var.mail.through_ses ? aws_ses_configuration_set.this.name : null
    email_sending_account = var.mail.through_ses ? "DEVELOPER" : "COGNITO_DEFAULT"
    from_email_address    = var.mail.through_ses ? local.mail_from : null
    source_arn            = var.mail.through_ses ? aws_ses_domain_identity.this.arn : null
  }

  password_policy {
    minimum_length                   = 8
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  schema {
    attribute_data_type = "String"
    mutable             = true
    name                = "email"
    required            = true

    string_attribute_constraints {
      max_length = "2048"
      min_length = "0"
    }
  }

  dynamic "schema" {
    for_each = local.attributes

    content {
      attribute_data_type      = "String"
      developer_only_attribute = false
      mutable                  = true
      name                     = schema.key
      required                 = false # AWS lets no custom attribute be required

      string_attribute_constraints {
        max_length = tostring(schema.value)
        min_length = "0"
      }
    }
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? toset([]) : toset(["this"])

    content {
      enabled = true
    }
  }

  # A new address counts only once its owner has confirmed it; until then the
  # old one keeps working.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  user_pool_add_ons {
    advanced_security_mode = var.threat_protection
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
    email_message        = file("${path.module}/templates/verification.html")
    email_subject        = "Goal Mandala 確認コード / verification code"
  }

  tags = merge(var.tags, { Name = var.name })

  # Cognito refuses an identity that is not verified yet.
  depends_on = [aws_ses_domain_identity_verification.this]
}

resource "aws_cognito_user_group" "this" {
  for_each = local.groups

  name         = each.key
  description  = each.value.description
  precedence   = each.value.precedence
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_user_pool_domain" "this" {
  domain       = coalesce(var.domain_prefix, var.name)
  user_pool_id = aws_cognito_user_pool.this.id
}
