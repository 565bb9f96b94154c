locals {
  domains = var.domain == null ? {} : { this = var.domain }
}

resource "aws_api_gateway_domain_name" "this" {
  for_each = local.domains

  domain_name              = each.value.name
  regional_certificate_arn = each.value.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = merge(var.tags, { Name = each.value.name })
}

resource "aws_api_gateway_base_path_mapping" "this" {
  for_each = aws_api_gateway_domain_name.this

  api_id      = aws_api_gateway_rest_api.this.id
  domain_name = each.value.domain_name
  stage_name  = aws_api_gateway_stage.this.stage_name
}

resource "aws_route53_record" "this" {
  for_each = local.domains

  name    = each.value.name
  type    = "A"
  zone_id = each.value.zone_id

  alias {
    evaluate_target_health = false
    name                   = aws_api_gateway_domain_name.this[each.key].regional_domain_name
    zone_id                = aws_api_gateway_domain_name.this[each.key].regional_zone_id
  }
}
