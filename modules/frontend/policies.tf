locals {
  # AWS's own policies have the same ids in every account.
  caching_disabled_id     = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # Managed-CachingDisabled
  all_viewer_but_host_id  = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # Managed-AllViewerExceptHostHeader
  seconds_a_day           = 86400
  content_security_policy = join("; ", [for directive, sources in local.content_security : "${directive} ${join(" ", sources)}" if length(sources) > 0])

  # The page talks to its own origin, and to Cognito to sign in.
  content_security = merge({
    base-uri        = ["'self'"]
    connect-src     = ["'self'", "https://cognito-idp.${local.region}.amazonaws.com", "https://*.auth.${local.region}.amazoncognito.com"]
    default-src     = ["'self'"]
    font-src        = ["'self'"]
    form-action     = ["'self'"]
    frame-ancestors = ["'none'"]
    img-src         = ["'self'", "data:"]
    object-src      = ["'none'"]
    script-src      = ["'self'"]
    style-src       = ["'self'"]
  }, var.content_security_policy)
}

# min_ttl 0: an object's own Cache-Control may always say less.
resource "aws_cloudfront_cache_policy" "this" {
  for_each = {
    assets = {
      comment     = "Static assets"
      default_ttl = var.cache.asset_days * local.seconds_a_day
      max_ttl     = var.cache.asset_max_days * local.seconds_a_day
    }
    html = {
      comment     = "HTML and whatever else lies at the top"
      default_ttl = var.cache.html_seconds
      max_ttl     = var.cache.html_max_seconds
    }
  }

  name        = "${var.name}-${each.key}"
  comment     = each.value.comment
  default_ttl = each.value.default_ttl
  max_ttl     = each.value.max_ttl
  min_ttl     = 0

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }

  # What a distribution uses cannot be deleted: a new name comes first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudfront_response_headers_policy" "this" {
  name    = "${var.name}-security"
  comment = "Security headers of ${var.name}"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      override        = true
      referrer_policy = "strict-origin-when-cross-origin"
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = true
      preload                    = true
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
