locals {
  mail_from = "${var.mail.from_name} <${var.mail.from_address}>"

  zone = var.mail.zone_id == null ? {} : { this = var.mail.zone_id }

  # By position: the tokens themselves are unknown before the first apply, but
  # there are always three.
  dkim_records = merge([for key, zone_id in local.zone : { for index in range(3) : tostring(index + 1) => zone_id }]...)
}

resource "aws_ses_domain_identity" "this" {
  domain = var.mail.domain
}

resource "aws_ses_domain_dkim" "this" {
  domain = aws_ses_domain_identity.this.domain
}

resource "aws_ses_configuration_set" "this" {
  name = var.name

  # Bounces and complaints by configuration set in CloudWatch: too many, and AWS
  # stops the sending.
  reputation_metrics_enabled = true

  # A receiving server without TLS gets nothing (R4.4).
  delivery_options {
    tls_policy = "Require"
  }
}

resource "aws_route53_record" "verification" {
  for_each = local.zone

  name    = "_amazonses.${var.mail.domain}"
  records = [aws_ses_domain_identity.this.verification_token]
  ttl     = 600 # seconds
  type    = "TXT"
  zone_id = each.value
}

resource "aws_route53_record" "dkim" {
  for_each = local.dkim_records

  name    = "${aws_ses_domain_dkim.this.dkim_tokens[tonumber(each.key) - 1]}._domainkey.${var.mail.domain}"
  records = ["${aws_ses_domain_dkim.this.dkim_tokens[tonumber(each.key) - 1]}.${var.mail.dkim_host}"]
  ttl     = 600 # seconds
  type    = "CNAME"
  zone_id = each.value
}

resource "aws_ses_domain_identity_verification" "this" {
  for_each = local.zone

  domain = aws_ses_domain_identity.this.domain

  depends_on = [aws_route53_record.dkim, aws_route53_record.verification]
}
