mock_provider "aws" {
  override_during = plan
  source          = "./tests/mocks"
}

variables {
  name = "goal-mandala-test"
  tags = { Layer = "audit" }
}

run "the_trail_records_everything" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.include_global_service_events && aws_cloudtrail.this.enable_logging
    error_message = "R4.2: the trail covers every region and the global services."
  }

  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation
    error_message = "R4.2: files must be provably unchanged."
  }

  assert {
    condition     = [for selector in aws_cloudtrail.this.advanced_event_selector : selector.name] == ["Management events", "S3 objects", "Function invocations"]
    error_message = "R8.2: management events and both kinds of data events are recorded."
  }

  assert {
    condition     = length(aws_cloudtrail.this.advanced_event_selector[0].field_selector) == 1
    error_message = "R8.2: no management event may be left out."
  }

  assert {
    condition = [
      for selector in aws_cloudtrail.this.advanced_event_selector[1].field_selector : selector.not_starts_with
      if selector.field == "resources.ARN"
    ] == [tolist(["arn:aws:s3:::goal-mandala-test-audit-log-123456789012/", "arn:aws:s3:::goal-mandala-test-audit-123456789012/"])]
    error_message = "R4.2: deliveries to the trail's own buckets must not record each other."
  }

  assert {
    condition     = length(aws_cloudtrail.this.insight_selector) == 0
    error_message = "R7.1: Insights, which have a price, are off by default."
  }

  assert {
    condition     = aws_cloudtrail.this.tags.Layer == "audit" && alltrue([for bucket in [aws_s3_bucket.access_log, aws_s3_bucket.trail] : bucket.tags.Layer == "audit"])
    error_message = "The Layer tag must reach the resources."
  }
}

run "the_trail_is_delivered_three_ways" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.s3_bucket_name == "goal-mandala-test-audit-123456789012" && aws_s3_bucket.trail.bucket == aws_cloudtrail.this.s3_bucket_name
    error_message = "R4.2: files go to the trail's bucket."
  }

  assert {
    condition     = aws_cloudtrail.this.cloud_watch_logs_group_arn == "${aws_cloudwatch_log_group.this.arn}:*" && aws_cloudtrail.this.cloud_watch_logs_role_arn == aws_iam_role.logs.arn
    error_message = "R4.2: events go to CloudWatch Logs, too."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "R3.4: logs are kept 30 days."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.logs.policy).Statement[0].Action == ["logs:CreateLogStream", "logs:PutLogEvents"] && jsondecode(aws_iam_role_policy.logs.policy).Statement[0].Resource == "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/cloudtrail/goal-mandala-test-audit:log-stream:123456789012_CloudTrail_ap-northeast-1*"
    error_message = "R4.1: the role has two actions on its own log streams."
  }

  assert {
    condition     = aws_cloudtrail.this.sns_topic_name == "goal-mandala-test-audit"
    error_message = "R4.2: each file is announced on the topic."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement :
      statement.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/goal-mandala-test-audit"
      if statement.Effect == "Allow"
    ])
    error_message = "R4.1: this trail, and no other, may publish."
  }
}

run "everything_is_encrypted" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "R4.4: the key rotates and is recoverable."
  }

  assert {
    condition     = aws_cloudtrail.this.kms_key_id == aws_kms_key.this.arn && aws_cloudwatch_log_group.this.kms_key_id == aws_kms_key.this.arn && aws_sns_topic.this.kms_master_key_id == aws_kms_key.this.arn
    error_message = "R4.2: files, log group and topic are encrypted with the trail's key."
  }

  assert {
    condition = { for key, encryption in { access = aws_s3_bucket_server_side_encryption_configuration.access_log, trail = aws_s3_bucket_server_side_encryption_configuration.trail } : key => tolist(encryption.rule)[0].apply_server_side_encryption_by_default[0].sse_algorithm } == {
      access = "AES256"
      trail  = "aws:kms"
    }
    error_message = "R4.4: both buckets are encrypted, the access log's by S3, which delivers it nowhere else."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition if can(statement.Principal.Service) && statement.Action != "kms:DescribeKey"] == [
      { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/goal-mandala-test-audit" } },
      { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/cloudtrail/goal-mandala-test-audit" } },
    ]
    error_message = "R4.4: services may use the key for this trail and its log group only."
  }

  assert {
    condition = alltrue([
      for policy in [aws_s3_bucket_policy.access_log, aws_s3_bucket_policy.trail] : length([
        for statement in jsondecode(policy.policy).Statement : statement
        if statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ]) == 1
    ])
    error_message = "R4.4: the buckets are reached by TLS only."
  }
}

run "the_buckets_are_closed" {
  command = plan

  assert {
    condition     = alltrue([for block in [aws_s3_bucket_public_access_block.access_log, aws_s3_bucket_public_access_block.trail] : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "R4.2: nothing in the buckets may be public."
  }

  assert {
    condition     = alltrue([for versioning in [aws_s3_bucket_versioning.access_log, aws_s3_bucket_versioning.trail] : versioning.versioning_configuration[0].status == "Enabled"]) && alltrue([for bucket in [aws_s3_bucket.access_log, aws_s3_bucket.trail] : !bucket.force_destroy])
    error_message = "R4.2: files are versioned, and a destroy does not delete them."
  }

  assert {
    condition = alltrue(flatten([
      for policy in [aws_s3_bucket_policy.access_log, aws_s3_bucket_policy.trail] : [
        for statement in jsondecode(policy.policy).Statement :
        try(statement.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/goal-mandala-test-audit", false)
        || try(statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012", false)
        if statement.Effect == "Allow"
      ]
    ]))
    error_message = "R4.1: only this trail, and this account's access logs, are written."
  }

  assert {
    condition     = aws_s3_bucket_logging.trail.bucket == aws_s3_bucket.trail.bucket && aws_s3_bucket_logging.trail.target_bucket == aws_s3_bucket.access_log.bucket
    error_message = "R8.1: reads of the trail are logged."
  }
}

run "files_are_kept_for_seven_years" {
  command = plan

  assert {
    condition     = { for transition in aws_s3_bucket_lifecycle_configuration.trail.rule[0].transition : transition.storage_class => transition.days } == { GLACIER = 90, STANDARD_IA = 30 }
    error_message = "R4.2: files move to Infrequent Access after 30 days and to Glacier after 90."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.trail.transition_default_minimum_object_size == "varies_by_storage_class"
    error_message = "R4.2: files below 128 KB, most of a trail's, must move to Glacier, too."
  }

  assert {
    condition     = alltrue([for lifecycle in [aws_s3_bucket_lifecycle_configuration.access_log, aws_s3_bucket_lifecycle_configuration.trail] : lifecycle.rule[0].expiration[0].days == 2555])
    error_message = "R4.2: files are kept 2,555 days."
  }
}

run "development_keeps_files_for_90_days" {
  command = plan

  variables {
    expiration_days = 90
  }

  assert {
    condition     = [for transition in aws_s3_bucket_lifecycle_configuration.trail.rule[0].transition : transition.storage_class] == ["STANDARD_IA"]
    error_message = "R4.2: S3 takes no transition on the day of the expiry, so there is no Glacier."
  }
}

run "data_events_and_insights_are_chosen" {
  command = plan

  variables {
    data_events = { functions = false, objects = false }
    insights    = ["ApiErrorRateInsight"]
  }

  assert {
    condition     = [for selector in aws_cloudtrail.this.advanced_event_selector : selector.name] == ["Management events"] && [for selector in aws_cloudtrail.this.insight_selector : selector.insight_type] == ["ApiErrorRateInsight"]
    error_message = "R4.2: data events can be left out and Insights added."
  }
}
