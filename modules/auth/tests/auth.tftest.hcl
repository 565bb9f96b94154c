mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_url = "https://app.example.com"
  mail            = { domain = "example.com", from_address = "no-reply@mail.example.com", verified = true }
  name            = "goal-mandala-test"
  tags            = { Layer = "auth" }
}

run "users_sign_in_by_mail" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.username_attributes == toset(["email"]) && aws_cognito_user_pool.this.auto_verified_attributes == toset(["email"]) && !aws_cognito_user_pool.this.username_configuration[0].case_sensitive
    error_message = "R1.6: users must sign in with their verified e-mail address, in upper or lower case."
  }

  assert {
    condition     = one(aws_cognito_user_pool.this.user_attribute_update_settings).attributes_require_verification_before_update == toset(["email"])
    error_message = "R1.6: a new address must be confirmed before it counts."
  }

  assert {
    condition = alltrue([for policy in aws_cognito_user_pool.this.password_policy :
      policy.minimum_length == 8 && policy.require_lowercase && policy.require_numbers && policy.require_symbols && policy.require_uppercase
    ]) && length(aws_cognito_user_pool.this.password_policy) == 1
    error_message = "R1.6: a password must have 8 characters of all four classes."
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OPTIONAL" && aws_cognito_user_pool.this.software_token_mfa_configuration[0].enabled
    error_message = "R1.6: TOTP must be offered."
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "R1.6: the pool must be protected from deletion."
  }

  assert {
    condition     = setsubtract([for attribute in aws_cognito_user_pool.this.schema : attribute.name], ["email"]) == toset(["company_size", "industry", "job_title", "position"])
    error_message = "R1.6: the pool must have the catalogue's custom attributes."
  }

  assert {
    condition     = alltrue([for attribute in aws_cognito_user_pool.this.schema : attribute.mutable && attribute.attribute_data_type == "String"]) && [for attribute in aws_cognito_user_pool.this.schema : attribute.name if attribute.required] == ["email"]
    error_message = "R1.6: attributes must be changeable, and the address required."
  }

  assert {
    condition     = { for name, group in aws_cognito_user_group.this : name => group.precedence } == { admin = 1, user = 10 }
    error_message = "R1.6: there must be groups for operators and users."
  }

  assert {
    condition     = aws_cognito_user_pool_domain.this.domain == "goal-mandala-test" && output.domain == "goal-mandala-test.auth.ap-northeast-1.amazoncognito.com"
    error_message = "R1.6: the sign-in pages must have a host name."
  }

  assert {
    condition     = aws_cognito_user_pool.this.tags.Layer == "auth"
    error_message = "The Layer tag must reach the pool."
  }
}

run "the_client_is_public_and_narrow" {
  command = plan

  variables {
    callback_urls = ["http://localhost:3000/auth/callback"]
  }

  assert {
    condition     = !aws_cognito_user_pool_client.this.generate_secret && aws_cognito_user_pool_client.this.explicit_auth_flows == toset(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    error_message = "R1.6: the client must be public, with SRP and refresh only."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.allowed_oauth_flows == toset(["code"]) && aws_cognito_user_pool_client.this.allowed_oauth_flows_user_pool_client
    error_message = "R1.6: the code grant must be the only one."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.callback_urls == toset(["https://app.example.com/auth/callback", "http://localhost:3000/auth/callback"]) && aws_cognito_user_pool_client.this.logout_urls == toset(["https://app.example.com"])
    error_message = "R1.6: sign-in may lead back to the application only."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.access_token_validity == 60 && aws_cognito_user_pool_client.this.id_token_validity == 60 && aws_cognito_user_pool_client.this.refresh_token_validity == 30
    error_message = "R1.6: tokens must be valid 60 minutes, 60 minutes and 30 days."
  }

  assert {
    condition     = [for unit in aws_cognito_user_pool_client.this.token_validity_units : "${unit.access_token} ${unit.id_token} ${unit.refresh_token}"] == ["minutes minutes days"]
    error_message = "R1.6: the units must be minutes, minutes and days."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.enable_token_revocation && aws_cognito_user_pool_client.this.prevent_user_existence_errors == "ENABLED"
    error_message = "R1.6: tokens must be revocable, and errors must not tell whether a user exists."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.write_attributes == toset(["custom:company_size", "custom:industry", "custom:job_title", "custom:position", "email", "name"])
    error_message = "R1.6: the client may write the profile only."
  }
}

run "threats_are_answered" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.user_pool_add_ons[0].advanced_security_mode == "ENFORCED" && aws_cognito_user_pool.this.user_pool_tier == "PLUS"
    error_message = "R1.6: threat protection must be enforced, in the tier that has it."
  }

  assert {
    condition     = one(aws_cognito_risk_configuration.this["this"].compromised_credentials_risk_configuration).actions[0].event_action == "BLOCK" && one(aws_cognito_risk_configuration.this["this"].compromised_credentials_risk_configuration).event_filter == toset(["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"])
    error_message = "R1.6: compromised credentials must be blocked."
  }

  assert {
    condition     = one(one(aws_cognito_risk_configuration.this["this"].account_takeover_risk_configuration).actions).high_action[0].event_action == "BLOCK" && one(one(aws_cognito_risk_configuration.this["this"].account_takeover_risk_configuration).actions).medium_action[0].event_action == "MFA_IF_CONFIGURED"
    error_message = "R1.6: sign-ins of high risk must be blocked, those of medium risk need the second factor."
  }

  assert {
    condition     = one(one(aws_cognito_risk_configuration.this["this"].account_takeover_risk_configuration).notify_configuration).from == "Goal Mandala <no-reply@mail.example.com>"
    error_message = "R1.6: users must be told by mail."
  }
}

run "no_threat_protection" {
  command = plan

  variables {
    mfa               = "OFF"
    threat_protection = "OFF"
  }

  assert {
    condition     = length(aws_cognito_risk_configuration.this) == 0 && aws_cognito_user_pool.this.user_pool_tier == "ESSENTIALS" && length(aws_cognito_user_pool.this.software_token_mfa_configuration) == 0
    error_message = "R1.6: without threat protection nobody must pay for the Plus tier."
  }
}

run "mail_goes_through_ses" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.email_configuration[0].email_sending_account == "DEVELOPER" && aws_cognito_user_pool.this.email_configuration[0].configuration_set == "goal-mandala-test" && aws_cognito_user_pool.this.email_configuration[0].from_email_address == "Goal Mandala <no-reply@mail.example.com>"
    error_message = "R1.6: the pool must send through SES."
  }

  assert {
    condition     = aws_ses_domain_dkim.this.domain == "example.com" && aws_ses_configuration_set.this.reputation_metrics_enabled
    error_message = "R1.6: mail must be signed, and bounces counted."
  }

  assert {
    condition     = aws_ses_configuration_set.this.delivery_options[0].tls_policy == "Require"
    error_message = "R4.4: mail must travel encrypted."
  }

  assert {
    condition     = length(aws_route53_record.dkim) + length(aws_route53_record.verification) + length(aws_ses_domain_identity_verification.this) == 0
    error_message = "R1.6: without a zone the records are published by hand."
  }
}

run "a_zone_gets_the_records" {
  command = plan

  variables {
    mail = { domain = "example.com", from_address = "no-reply@example.com", zone_id = "Z0000000000000000000" }
  }

  assert {
    condition     = toset(keys(aws_route53_record.dkim)) == toset(["1", "2", "3"]) && alltrue([for record in aws_route53_record.dkim : record.type == "CNAME" && record.zone_id == "Z0000000000000000000"])
    error_message = "R1.6: the zone must get the three DKIM records."
  }

  assert {
    condition     = aws_route53_record.verification["this"].name == "_amazonses.example.com" && aws_ses_domain_identity_verification.this["this"].domain == "example.com"
    error_message = "R1.6: the domain must be verified before the pool uses it."
  }
}

run "before_the_domain_is_verified" {
  command = plan

  variables {
    mail = { domain = "example.com", from_address = "no-reply@example.com", through_ses = false }
  }

  assert {
    condition     = aws_cognito_user_pool.this.email_configuration[0].email_sending_account == "COGNITO_DEFAULT" && aws_cognito_user_pool.this.email_configuration[0].configuration_set == null && length(aws_cognito_risk_configuration.this["this"].account_takeover_risk_configuration) == 0
    error_message = "R1.6: an identity that is not verified must not be used."
  }

  assert {
    condition     = aws_ses_domain_identity.this.domain == "example.com"
    error_message = "R1.6: the identity must exist, so that its records can be published."
  }
}

run "mails_in_two_languages" {
  command = plan

  assert {
    condition     = strcontains(aws_cognito_user_pool.this.verification_message_template[0].email_message, "確認コード") && strcontains(aws_cognito_user_pool.this.verification_message_template[0].email_message, "verification code") && strcontains(aws_cognito_user_pool.this.verification_message_template[0].email_message, "{####}")
    error_message = "R1.6: the pool's mails must hold the code, in Japanese and English."
  }

  assert {
    condition     = strcontains(aws_cognito_user_pool.this.admin_create_user_config[0].invite_message_template[0].email_message, "{username}") && strcontains(aws_cognito_user_pool.this.admin_create_user_config[0].invite_message_template[0].email_message, "{####}") && strcontains(aws_cognito_user_pool.this.admin_create_user_config[0].invite_message_template[0].email_message, "招待")
    error_message = "R1.6: an invitation must name the user and the temporary password."
  }

  assert {
    condition     = output.mail_template_names["ja"]["reminder"] == "goal-mandala-test-reminder-ja" && toset(keys(output.mail_template_names)) == toset(["en", "ja"]) && alltrue([for purposes in output.mail_template_names : toset(keys(purposes)) == toset(["change-pace", "reminder", "reminder-plain", "unsubscribed"])])
    error_message = "R1.7: each mail must exist in both languages."
  }

  assert {
    condition     = alltrue([for key, template in aws_ses_template.this : strcontains(template.text, "{{unsubscribe_url}}") && strcontains(template.text, "{{#each tasks}}") && strcontains(template.text, "{{url}}") if !startswith(key, "unsubscribed")])
    error_message = "R1.7: each reminder must link to the tasks and hold the one-click unsubscribe."
  }

  assert {
    condition     = alltrue([for template in aws_ses_template.this : template.html == null || !can(regex("{{(name|title)}}", template.html))])
    error_message = "R1.7: text of users must be escaped where it goes into HTML."
  }

  assert {
    condition     = alltrue([for key, template in aws_ses_template.this : template.html == null if startswith(key, "reminder-plain")]) && alltrue([for key, template in aws_ses_template.this : template.html != null if !startswith(key, "reminder-plain")])
    error_message = "R1.7: only the plain reminder must come without HTML."
  }
}

run "the_longest_name" {
  command = plan

  variables {
    name = "a234567890123456789012345678901234567890"
  }

  assert {
    condition     = alltrue([for template in aws_ses_template.this : length(template.name) <= 64])
    error_message = "Names of SES templates may have 64 characters."
  }
}
