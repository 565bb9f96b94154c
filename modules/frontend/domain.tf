locals {
  names   = var.domain == null ? [] : var.domain.names
  domains = var.domain == null ? {} : { this = var.domain }

  # Both address families of each name.
  alias_records = merge([for name in local.names : { for type in ["A", "AAAA"] : "${name} ${type}" => { name = name, type = type } }]...)
}

resource "aws_acm_certificate" "this" {
  for_each = local.domains
  provider = aws.us_east_1

  domain_name               = each.value.names[0]
  subject_alternative_names = slice(each.value.names, 1, length(each.value.names))
  validation_method         = "DNS"

  tags = merge(var.tags, { Name = "${var.name}-site" })

  # The distribution has to have its successor before it goes.
  lifecycle {
    create_before_destroy = true
  }
}

# Overwritten where it exists: every certificate for a name in this account asks
# for the same record, the REST API's included.
resource "aws_route53_record" "validation" {
  for_each = toset(local.names)

  allow_overwrite = true
  name            = one([for option in aws_acm_certificate.this["this"].domain_validation_options : option.resource_record_name if option.domain_name == each.key])
  records         = [for option in aws_acm_certificate.this["this"].domain_validation_options : option.resource_record_value if option.domain_name == each.key]
  ttl             = 300
  type            = "CNAME"
  zone_id         = var.domain.zone_id
}

resource "aws_acm_certificate_validation" "this" {
  for_each = aws_acm_certificate.this
  provider = aws.us_east_1

  certificate_arn         = each.value.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_route53_record" "site" {
  for_each = local.alias_records

  name    = each.value.name
  type    = each.value.type
  zone_id = var.domain.zone_id

  alias {
    evaluate_target_health = false # CloudFront has no health to evaluate
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
  }
}
