output "client_id" {
  description = "Id of the application's client."
  value       = aws_cognito_user_pool_client.this.id
}

output "domain" {
  description = "Host name of the sign-in pages."
  value       = "${aws_cognito_user_pool_domain.this.domain}.auth.${data.aws_region.current.name}.amazoncognito.com"
}

output "issuer_url" {
  description = "Issuer of the pool's tokens; its keys are at /.well-known/jwks.json below it."
  value       = "https://${aws_cognito_user_pool.this.endpoint}"
}

output "mail_configuration_set_name" {
  description = "SES configuration set that every mail is sent with."
  value       = aws_ses_configuration_set.this.name
}

output "mail_dkim_tokens" {
  description = "Three tokens for DKIM: each is a CNAME TOKEN._domainkey.DOMAIN that leads to TOKEN.dkim.amazonses.com."
  value       = aws_ses_domain_dkim.this.dkim_tokens
}

output "mail_from_address" {
  description = "Address that mail is sent from."
  value       = var.mail.from_address
}

output "mail_identity_arn" {
  description = "ARN of the SES identity of the domain, for ses:SendEmail permissions."
  value       = aws_ses_domain_identity.this.arn
}

output "mail_template_names" {
  description = "Names of the SES templates by language (en, ja) and purpose (reminder, reminder-plain, change-pace, unsubscribed)."
  value = {
    for language, purposes in local.mail_words : language => {
      for purpose, words in purposes : purpose => aws_ses_template.this["${purpose}-${language}"].name
    }
  }
}

output "user_pool_arn" {
  description = "ARN of the user pool."
  value       = aws_cognito_user_pool.this.arn
}

output "user_pool_id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.this.id
}
