locals {
  # CloudFront keeps an error for 10 seconds by itself, and the API's cache key
  # knows no caller: one user's 404 would answer another's request.
  uncached_errors = [404, 405, 414, 500, 501, 502, 503, 504]
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = "${var.name}-site"
  description                       = "Reads the site's files of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"

  # What a distribution uses cannot be deleted: a new name comes first.
  lifecycle {
    create_before_destroy = true
  }
}

# A web ACL is the environment's choice (waf); R1.3 does not ask for one.
#tfsec:ignore:aws-cloudfront-enable-waf
resource "aws_cloudfront_distribution" "this" {
  aliases             = local.names
  comment             = var.name
  default_root_object = "index.html"
  enabled             = true
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  wait_for_deployment = var.wait_for_deployment
  web_acl_id          = one([for acl in aws_wafv2_web_acl.this : acl.arn])

  origin {
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
    origin_id                = "site"
  }

  origin {
    domain_name = var.api.domain_name
    origin_id   = "api"
    origin_path = "/${var.api.stage_name}"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_read_timeout    = 30 # seconds; API Gateway gives up after 29
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cache_policy_id            = aws_cloudfront_cache_policy.this["html"].id
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    target_origin_id           = "site"
    viewer_protocol_policy     = "redirect-to-https"

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.this["single-page"].arn
    }
  }

  ordered_cache_behavior {
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cache_policy_id            = local.caching_disabled_id
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    origin_request_policy_id   = local.all_viewer_but_host_id # the API is known by its own host
    path_pattern               = "/api/*"
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    target_origin_id           = "api"
    viewer_protocol_policy     = "redirect-to-https"

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.this["api-path"].arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.cache.asset_paths

    content {
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cache_policy_id            = aws_cloudfront_cache_policy.this["assets"].id
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      path_pattern               = ordered_cache_behavior.value
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
      target_origin_id           = "site"
      viewer_protocol_policy     = "redirect-to-https"
    }
  }

  # What the bucket answers for a file that is not there; see ADR 0008. Not kept:
  # the file may come with the release that is being uploaded.
  custom_error_response {
    error_caching_min_ttl = 0
    error_code            = 403
    response_code         = 200
    response_page_path    = "/index.html"
  }

  # As the origin answers them; only not kept.
  dynamic "custom_error_response" {
    for_each = local.uncached_errors

    content {
      error_caching_min_ttl = 0
      error_code            = custom_error_response.value
    }
  }

  logging_config {
    bucket          = aws_s3_bucket.logs.bucket_domain_name
    include_cookies = false # they hold sessions
    prefix          = local.cloudfront_log_prefix
  }

  restrictions {
    geo_restriction {
      locations        = var.geo_countries
      restriction_type = length(var.geo_countries) > 0 ? "whitelist" : "none"
    }
  }

  # With CloudFront's own certificate AWS sets TLSv1 and takes nothing else:
  # R1.3's TLS 1.2 needs a domain.
  #tfsec:ignore:aws-cloudfront-use-secure-tls-policy
  viewer_certificate {
    acm_certificate_arn            = one([for validation in aws_acm_certificate_validation.this : validation.certificate_arn])
    cloudfront_default_certificate = var.domain == null
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }

  tags = merge(var.tags, { Name = var.name })

  # CloudFront refuses a log bucket that takes no ACLs.
  depends_on = [aws_s3_bucket_ownership_controls.logs]
}

# Cache hit rate, origin latency and error rates by status (R3.1, R6.1) are among
# the additional metrics only.
resource "aws_cloudfront_monitoring_subscription" "this" {
  distribution_id = aws_cloudfront_distribution.this.id

  monitoring_subscription {
    realtime_metrics_subscription_config {
      realtime_metrics_subscription_status = "Enabled"
    }
  }
}
