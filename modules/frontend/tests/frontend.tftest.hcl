mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks"
}

variables {
  api  = { domain_name = "a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com", stage_name = "v1" }
  name = "goal-mandala-test"
  tags = { Layer = "frontend" }
}

run "buckets_are_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "goal-mandala-test-site-123456789012" && aws_s3_bucket.logs.bucket == "goal-mandala-test-site-logs-123456789012"
    error_message = "R1.3: bucket names belong to the whole world, so the account must be part of them."
  }

  assert {
    condition = alltrue([for block in [aws_s3_bucket_public_access_block.this, aws_s3_bucket_public_access_block.logs] :
    block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "R1.3: all public access must be blocked."
  }

  assert {
    condition = alltrue([for encryption in [aws_s3_bucket_server_side_encryption_configuration.this, aws_s3_bucket_server_side_encryption_configuration.logs] :
    one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"])
    error_message = "R4.4: the buckets must be encrypted."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "R1.3: the site's bucket must know no ACLs."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.logs.rule[0].object_ownership == "BucketOwnerPreferred"
    error_message = "R1.3: CloudFront writes its log by an ACL, so the log bucket must take them."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && !aws_s3_bucket.logs.force_destroy
    error_message = "R1.3: the buckets must be retained while they hold anything."
  }

  assert {
    condition     = aws_s3_bucket.this.tags.Layer == "frontend" && aws_s3_bucket.logs.tags.Layer == "frontend" && aws_cloudfront_distribution.this.tags.Layer == "frontend"
    error_message = "The Layer tag must reach the resources."
  }
}

run "only_this_distribution_reads_and_only_over_tls" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "ThisDistributionReads"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::goal-mandala-test-site-123456789012/*"
      Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E0000000000001" } }
    }]
    error_message = "R1.3: this distribution alone may read objects, and may not list them: a missing file has to answer 403."
  }

  assert {
    condition = alltrue([for policy in [aws_s3_bucket_policy.this, aws_s3_bucket_policy.logs] :
    anytrue([for statement in jsondecode(policy.policy).Statement : statement.Effect == "Deny" && statement.Principal == "*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && length(statement.Resource) == 2])])
    error_message = "R4.4: the buckets must refuse requests without TLS."
  }

  assert {
    condition     = aws_cloudfront_origin_access_control.this.signing_behavior == "always" && aws_cloudfront_origin_access_control.this.signing_protocol == "sigv4" && aws_cloudfront_origin_access_control.this.origin_access_control_origin_type == "s3"
    error_message = "R1.3: CloudFront must sign its requests to the bucket."
  }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin.origin_access_control_id if origin.origin_id == "site"]) == "E0000000000002"
    error_message = "R1.3: the bucket must be reached by Origin Access Control."
  }
}

run "old_versions_and_logs_expire" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_versioning.logs.versioning_configuration[0].status == "Enabled"
    error_message = "R1.3: the buckets must keep versions."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration[0].noncurrent_days if rule.id == "old-versions" && rule.status == "Enabled"]) == 30
    error_message = "R1.3: old versions must expire after 30 days."
  }

  assert {
    condition = alltrue([for lifecycle in [aws_s3_bucket_lifecycle_configuration.this, aws_s3_bucket_lifecycle_configuration.logs] :
    one([for rule in lifecycle.rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation if rule.id == "incomplete-uploads" && rule.status == "Enabled"]) == 7])
    error_message = "R1.3: incomplete uploads must go after 7 days."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.logs.rule : rule.expiration[0].days if rule.id == "old-logs" && rule.status == "Enabled"]) == 30
    error_message = "R3.4: access logs must expire after 30 days."
  }
}

run "accesses_are_logged" {
  command = plan

  assert {
    condition     = aws_s3_bucket_logging.this.target_prefix == "s3/" && aws_s3_bucket_logging.this.target_bucket == aws_s3_bucket.logs.id
    error_message = "R1.3: the bucket's accesses must be logged."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.logging_config[0].prefix == "cloudfront/" && aws_cloudfront_distribution.this.logging_config[0].bucket == aws_s3_bucket.logs.bucket_domain_name && !aws_cloudfront_distribution.this.logging_config[0].include_cookies
    error_message = "R1.3: the distribution's accesses must be logged, without cookies."
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "S3WritesTheSitesAccessLog"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::goal-mandala-test-site-logs-123456789012/s3/*"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::goal-mandala-test-site-123456789012" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]
    error_message = "R4.1: S3 may write this bucket's access log and nothing else."
  }

  assert {
    condition     = aws_cloudfront_monitoring_subscription.this.monitoring_subscription[0].realtime_metrics_subscription_config[0].realtime_metrics_subscription_status == "Enabled"
    error_message = "R3.1: the cache hit rate is one of the additional metrics, which must be on."
  }
}

run "distribution_follows_the_catalogue" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.this.enabled && aws_cloudfront_distribution.this.is_ipv6_enabled && aws_cloudfront_distribution.this.http_version == "http2and3"
    error_message = "R1.3: the distribution must speak IPv6, HTTP/2 and HTTP/3."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.price_class == "PriceClass_All"
    error_message = "R1.3: production is served from all of CloudFront's locations."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.restrictions[0].geo_restriction[0].restriction_type == "whitelist" && aws_cloudfront_distribution.this.restrictions[0].geo_restriction[0].locations == toset(["JP", "US"])
    error_message = "R1.3: the site must be restricted to Japan and the United States."
  }

  assert {
    condition = alltrue([for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) :
    behaviour.viewer_protocol_policy == "redirect-to-https" && behaviour.compress])
    error_message = "R1.3: every path must be HTTPS only and compressed."
  }

  assert {
    condition = alltrue([for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) :
    behaviour.response_headers_policy_id == "00000000-0000-4000-8000-000000000003"])
    error_message = "R1.3: every path must have the security headers."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.wait_for_deployment
    error_message = "R2.2: the apply must wait until the distribution is rolled out."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == null && length(aws_wafv2_web_acl.this) == 0 && length(aws_acm_certificate.this) == 0 && length(aws_route53_record.site) == 0
    error_message = "R1.3: web ACL and domain are optional."
  }

  assert {
    condition     = output.url == "https://d111111abcdef8.cloudfront.net"
    error_message = "R1.3: without a domain the site has CloudFront's name."
  }
}

run "the_api_is_never_cached" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].path_pattern == "/api/*" && aws_cloudfront_distribution.this.ordered_cache_behavior[0].cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    error_message = "R1.3: the API must come first and not be cached."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].origin_request_policy_id == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    error_message = "R1.3: the API must get everything of the viewer but the host, which names the API."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this.ordered_cache_behavior[0].allowed_methods) == 7
    error_message = "R1.2: the API must get all methods."
  }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : "${origin.custom_origin_config[0].origin_protocol_policy} ${join(",", origin.custom_origin_config[0].origin_ssl_protocols)} ${origin.domain_name}${origin.origin_path}" if origin.origin_id == "api"]) == "https-only TLSv1.2 a1b2c3d4e5.execute-api.ap-northeast-1.amazonaws.com/v1"
    error_message = "R4.4: the API's stage must be reached by TLS 1.2."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.this.ordered_cache_behavior[0].function_association).event_type == "viewer-request" && strcontains(aws_cloudfront_function.this["api-path"].code, "'/api'")
    error_message = "R1.3: a function must take /api off the API's paths."
  }
}

run "caches_follow_the_catalogue" {
  command = plan

  assert {
    condition     = aws_cloudfront_cache_policy.this["assets"].default_ttl == 30 * 86400 && aws_cloudfront_cache_policy.this["assets"].max_ttl == 365 * 86400
    error_message = "R1.3: static assets must be cached 30 days, 365 at most."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.this["html"].default_ttl == 300 && aws_cloudfront_cache_policy.this["html"].max_ttl == 3600
    error_message = "R1.3: HTML must be cached 5 minutes, 1 hour at most."
  }

  assert {
    condition = alltrue([for policy in aws_cloudfront_cache_policy.this :
    policy.min_ttl == 0 && policy.parameters_in_cache_key_and_forwarded_to_origin[0].enable_accept_encoding_gzip && policy.parameters_in_cache_key_and_forwarded_to_origin[0].enable_accept_encoding_brotli])
    error_message = "R1.3: a file's own Cache-Control must count, and compressed copies must be cached."
  }

  assert {
    condition     = contains([for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern], "/assets/*")
    error_message = "R1.3: /assets/* must be cached as static assets."
  }
}

run "deep_links_are_the_page_and_404_is_the_apis" {
  command = plan

  assert {
    condition = [for answer in aws_cloudfront_distribution.this.custom_error_response : [answer.response_code, answer.response_page_path, answer.error_caching_min_ttl] if answer.error_code == 403] == [
      [200, "/index.html", 0],
    ]
    error_message = "R1.3: the bucket's 403 must become /index.html with 200."
  }

  assert {
    condition     = alltrue([for answer in aws_cloudfront_distribution.this.custom_error_response : answer.response_page_path == null && answer.response_code == null && answer.error_caching_min_ttl == 0 if answer.error_code != 403])
    error_message = "R1.2: every other error is the API's and must reach the caller as it is, uncached (ADR 0008)."
  }

  assert {
    condition     = contains([for answer in aws_cloudfront_distribution.this.custom_error_response : answer.error_code], 404)
    error_message = "R1.2: one caller's 404 must not answer another's request (ADR 0008)."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_root_object == "index.html" && one(aws_cloudfront_distribution.this.default_cache_behavior[0].function_association).event_type == "viewer-request" && strcontains(aws_cloudfront_function.this["single-page"].code, "'/index.html'")
    error_message = "R1.3: a function must answer the application's own paths with the page."
  }

  assert {
    condition     = alltrue([for program in aws_cloudfront_function.this : program.publish && program.runtime == "cloudfront-js-2.0"])
    error_message = "R1.3: the functions must be published."
  }

  assert {
    condition     = aws_s3_object.index.key == "index.html" && startswith(aws_s3_object.index.content_type, "text/html")
    error_message = "R1.3: the site must answer before its first deployment."
  }
}

run "security_headers_follow_the_catalogue" {
  command = plan

  assert {
    condition = alltrue([for hsts in aws_cloudfront_response_headers_policy.this.security_headers_config[0].strict_transport_security :
    hsts.access_control_max_age_sec == 31536000 && hsts.include_subdomains && hsts.preload && hsts.override])
    error_message = "R1.3: HSTS must be 31536000 with subdomains and preload."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_type_options[0].override && aws_cloudfront_response_headers_policy.this.security_headers_config[0].frame_options[0].frame_option == "DENY"
    error_message = "R1.3: X-Content-Type-Options and X-Frame-Options DENY must be set."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this.security_headers_config[0].referrer_policy[0].referrer_policy == "strict-origin-when-cross-origin"
    error_message = "R1.3: the Referrer-Policy must be strict-origin-when-cross-origin."
  }

  assert {
    condition = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy == join("; ", [
      "base-uri 'self'",
      "connect-src 'self' https://cognito-idp.ap-northeast-1.amazonaws.com https://*.auth.ap-northeast-1.amazoncognito.com",
      "default-src 'self'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "object-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
    ])
    error_message = "R1.3: the Content-Security-Policy must allow the site's own origin and Cognito only."
  }
}

run "directives_can_be_replaced_and_taken_out" {
  command = plan

  variables {
    content_security_policy = { img-src = [], style-src = ["'self'", "'unsafe-inline'"] }
  }

  assert {
    condition     = endswith(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy, "; object-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'") && !strcontains(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy, "img-src")
    error_message = "R1.3: content_security_policy must replace directives and take out empty ones."
  }
}

run "a_domain_has_tls_1_2_and_its_records" {
  command = plan

  variables {
    domain = { names = ["www.example.com", "example.com"], zone_id = "Z0000000000001" }
  }

  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021" && aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only" && !aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate
    error_message = "R1.3: TLS must be 1.2 at least."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["www.example.com", "example.com"]) && output.url == "https://www.example.com"
    error_message = "R1.3: the distribution must answer to the domain's names."
  }

  assert {
    condition     = aws_acm_certificate.this["this"].domain_name == "www.example.com" && aws_acm_certificate.this["this"].subject_alternative_names == toset(["example.com"]) && aws_acm_certificate.this["this"].validation_method == "DNS"
    error_message = "R1.3: the certificate must hold every name and be validated by DNS."
  }

  assert {
    condition     = { for name, record in aws_route53_record.validation : name => record.name } == { "www.example.com" = "_1.www.example.com.", "example.com" = "_2.example.com." }
    error_message = "R1.3: each name must have its validation record."
  }

  assert {
    condition     = keys(aws_route53_record.site) == ["example.com A", "example.com AAAA", "www.example.com A", "www.example.com AAAA"] && alltrue([for record in aws_route53_record.site : record.alias[0].name == "d111111abcdef8.cloudfront.net"])
    error_message = "R1.3: each name must lead to the distribution, by IPv4 and by IPv6."
  }
}

run "a_web_acl_on_request" {
  command = plan

  variables {
    waf = true
  }

  assert {
    condition     = aws_wafv2_web_acl.this["this"].scope == "CLOUDFRONT" && aws_cloudfront_distribution.this.web_acl_id == "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mock/00000000-0000-4000-8000-000000000004"
    error_message = "R1.3: the web ACL must stand in front of the distribution."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this["this"].rule) == 4
    error_message = "R1.3: the web ACL must have the rate limit and AWS's managed rules."
  }
}

run "every_country_on_request" {
  command = plan

  variables {
    geo_countries = []
  }

  assert {
    condition     = aws_cloudfront_distribution.this.restrictions[0].geo_restriction[0].restriction_type == "none"
    error_message = "R1.3: without countries there must be no restriction."
  }
}

run "a_rehearsal_leaves_nothing" {
  command = plan

  variables {
    force_destroy       = true
    price_class         = "PriceClass_100"
    wait_for_deployment = false
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy && aws_s3_bucket.logs.force_destroy
    error_message = "R1.3: what need not be retained must be destroyable."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.price_class == "PriceClass_100" && !aws_cloudfront_distribution.this.wait_for_deployment
    error_message = "R1.3: the price class is the environment's."
  }
}
