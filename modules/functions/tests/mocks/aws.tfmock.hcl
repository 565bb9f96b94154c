mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "ap-northeast-1" }
}

mock_resource "aws_kms_key" {
  override_during = plan
  defaults        = { arn = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_iam_role" {
  override_during = plan
  defaults        = { arn = "arn:aws:iam::123456789012:role/goal-mandala-test-functions-mock" }
}

mock_resource "aws_sqs_queue" {
  override_during = plan
  defaults        = { arn = "arn:aws:sqs:ap-northeast-1:123456789012:goal-mandala-test-functions-dead-letters" }
}
