mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks-us-east-1"
}

variables {
  alerts = {
    emails        = ["operations@example.com"]
    notice_topics = { workflow = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-workflow" }
    notifier = {
      alias_arn     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-slack-notifier:live"
      alias_name    = "live"
      function_name = "goal-mandala-test-slack-notifier"
    }
  }
  api = {
    access_log_group_name = "/aws/apigateway/goal-mandala-test-api"
    name                  = "goal-mandala-test-api"
    stage_name            = "v1"
  }
  cost = {
    budget = { emails = ["owner@example.com"] }
    tags   = { Environment = "test", Project = "goal-mandala" }
  }
  database = {
    cluster_identifier   = "goal-mandala-test"
    instance_identifiers = ["goal-mandala-test-1", "goal-mandala-test-2"]
    log_group_name       = "/aws/rds/cluster/goal-mandala-test/postgresql"
  }
  dead_letter_queue_names = { functions = "goal-mandala-test-dead-letters", reminders = "goal-mandala-test-reminders-dead-letters" }
  distribution_id         = "EDFDVBD6EXAMPLE"
  functions = {
    auth           = { function_name = "goal-mandala-test-auth", log_group_name = "/aws/lambda/goal-mandala-test-auth" }
    reminder       = { function_name = "goal-mandala-test-reminder", log_group_name = "/aws/lambda/goal-mandala-test-reminder" }
    slack-notifier = { function_name = "goal-mandala-test-slack-notifier", log_group_name = "/aws/lambda/goal-mandala-test-slack-notifier" }
  }
  name = "goal-mandala-test"
  reminders = {
    function_name = "goal-mandala-test-reminder"
    mail_metrics  = { failed = "mails-failed", namespace = "goal-mandala-test/reminders", sent = "mails-sent" }
  }
  state_machine = {
    arn            = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-test-TaskGenerationWorkflow"
    log_group_name = "/aws/vendedlogs/states/goal-mandala-test-TaskGenerationWorkflow"
    name           = "goal-mandala-test-TaskGenerationWorkflow"
  }
  tags = { Layer = "monitoring" }
}

run "an_address_without_a_host" {
  command = plan

  variables {
    alerts = {
      emails        = ["operations"]
      notice_topics = {}
      notifier = {
        alias_arn     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-slack-notifier:live"
        alias_name    = "live"
        function_name = "goal-mandala-test-slack-notifier"
      }
    }
  }

  expect_failures = [var.alerts]
}

run "a_notifier_with_an_unknown_dead_letter_queue" {
  command = plan

  variables {
    alerts = {
      notifier = {
        alias_arn         = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-slack-notifier:live"
        alias_name        = "live"
        dead_letter_queue = "mails"
        function_name     = "goal-mandala-test-slack-notifier"
      }
    }
  }

  expect_failures = [var.alerts]
}

run "a_notice_topic_with_a_strange_key" {
  command = plan

  variables {
    alerts = {
      emails        = []
      notice_topics = { "Work flow" = "arn:aws:sns:ap-northeast-1:123456789012:x" }
      notifier = {
        alias_arn     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-slack-notifier:live"
        alias_name    = "live"
        function_name = "goal-mandala-test-slack-notifier"
      }
    }
  }

  expect_failures = [var.alerts]
}

run "no_cost_tags" {
  command = plan

  variables {
    cost = {
      anomaly = { enabled = false }
      tags    = {}
    }
  }

  expect_failures = [var.cost]
}

run "budget_of_nothing" {
  command = plan

  variables {
    cost = {
      budget = { limit_usd = 0 }
      tags   = { Project = "goal-mandala" }
    }
  }

  expect_failures = [var.cost]
}

run "too_many_budget_addresses" {
  command = plan

  variables {
    cost = {
      budget = { emails = [for index in range(11) : "owner${index}@example.com"] }
      tags   = { Project = "goal-mandala" }
    }
  }

  expect_failures = [var.cost]
}

run "anomaly_without_impact" {
  command = plan

  variables {
    cost = {
      anomaly = { impact_usd = 0 }
      tags    = { Project = "goal-mandala" }
    }
  }

  expect_failures = [var.cost]
}

run "anomalies_of_an_unknown_tag" {
  command = plan

  variables {
    cost = {
      anomaly = { tag_key = "Layer" }
      tags    = { Project = "goal-mandala" }
    }
  }

  expect_failures = [var.cost]
}

run "database_without_instances" {
  command = plan

  variables {
    database = {
      cluster_identifier   = "goal-mandala-test"
      instance_identifiers = []
      log_group_name       = "/aws/rds/cluster/goal-mandala-test/postgresql"
    }
  }

  expect_failures = [var.database]
}

run "a_queue_with_a_strange_key" {
  command = plan

  variables {
    dead_letter_queue_names = { "Dead letters" = "goal-mandala-test-dead-letters" }
  }

  expect_failures = [var.dead_letter_queue_names]
}

run "no_function" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}

run "a_function_with_a_strange_key" {
  command = plan

  variables {
    functions = { Auth = { function_name = "goal-mandala-test-auth", log_group_name = "/aws/lambda/goal-mandala-test-auth" } }
  }

  expect_failures = [var.functions]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "not_a_state_machine" {
  command = plan

  variables {
    state_machine = {
      arn            = "arn:aws:states:ap-northeast-1:123456789012:execution:x"
      log_group_name = "/aws/vendedlogs/states/x"
      name           = "x"
    }
  }

  expect_failures = [var.state_machine]
}

run "a_negative_threshold" {
  command = plan

  variables {
    thresholds = { api_throttled_requests = -1 }
  }

  expect_failures = [var.thresholds]
}

run "a_threshold_of_100_percent" {
  command = plan

  variables {
    thresholds = { outage_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "connections_beyond_their_limit" {
  command = plan

  variables {
    thresholds = { database_connections = 50 }
  }

  expect_failures = [var.thresholds]
}

run "sampling_of_more_than_all" {
  command = plan

  variables {
    tracing = { sampling_rate = 1.1 }
  }

  expect_failures = [var.tracing]
}

run "half_a_request_a_second" {
  command = plan

  variables {
    tracing = { reservoir = 0.5 }
  }

  expect_failures = [var.tracing]
}
