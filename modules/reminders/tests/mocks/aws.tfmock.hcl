mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "ap-northeast-1" }
}

mock_resource "aws_iam_role" {
  override_during = plan
  defaults        = { arn = "arn:aws:iam::123456789012:role/goal-mandala-test-reminders" }
}

mock_resource "aws_kms_key" {
  override_during = plan

  defaults = {
    arn    = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-4000-8000-000000000001"
    key_id = "00000000-0000-4000-8000-000000000001"
  }
}

mock_resource "aws_scheduler_schedule_group" {
  override_during = plan
  defaults        = { arn = "arn:aws:scheduler:ap-northeast-1:123456789012:schedule-group/goal-mandala-test-reminders" }
}

mock_resource "aws_sqs_queue" {
  override_during = plan
  defaults        = { arn = "arn:aws:sqs:ap-northeast-1:123456789012:goal-mandala-test-reminders-dead-letters" }
}

mock_resource "aws_sns_topic" {
  override_during = plan
  defaults        = { arn = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-mail-feedback" }
}
