mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "ap-northeast-1" }
}

mock_resource "aws_acm_certificate" {
  override_during = plan

  defaults = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001"

    domain_validation_options = [
      { domain_name = "www.example.com", resource_record_name = "_1.www.example.com.", resource_record_type = "CNAME", resource_record_value = "_1.acm-validations.aws." },
      { domain_name = "example.com", resource_record_name = "_2.example.com.", resource_record_type = "CNAME", resource_record_value = "_2.acm-validations.aws." },
    ]
  }
}

mock_resource "aws_cloudfront_cache_policy" {
  override_during = plan

  defaults = { id = "00000000-0000-4000-8000-000000000002" }
}

mock_resource "aws_cloudfront_distribution" {
  override_during = plan

  defaults = {
    arn            = "arn:aws:cloudfront::123456789012:distribution/E0000000000001"
    domain_name    = "d111111abcdef8.cloudfront.net"
    hosted_zone_id = "Z2FDTNDATAQYW2"
    id             = "E0000000000001"
  }
}

mock_resource "aws_cloudfront_function" {
  override_during = plan

  defaults = { arn = "arn:aws:cloudfront::123456789012:function/mock" }
}

mock_resource "aws_cloudfront_origin_access_control" {
  override_during = plan

  defaults = { id = "E0000000000002" }
}

mock_resource "aws_cloudfront_response_headers_policy" {
  override_during = plan

  defaults = { id = "00000000-0000-4000-8000-000000000003" }
}

mock_resource "aws_s3_bucket" {
  override_during = plan

  defaults = {
    bucket_domain_name          = "mock.s3.amazonaws.com"
    bucket_regional_domain_name = "mock.s3.ap-northeast-1.amazonaws.com"
    id                          = "mock"
  }
}

mock_resource "aws_wafv2_web_acl" {
  override_during = plan

  defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mock/00000000-0000-4000-8000-000000000004" }
}
