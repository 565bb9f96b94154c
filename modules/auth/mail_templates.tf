locals {
  # What each mail says, by language and purpose. Names in double braces are
  # filled in by SES for each recipient.
  mail_words = {
    en = {
      reminder = {
        subject = "Your tasks for today ({{task_count}})"
        lead    = "These tasks are due or overdue. One small step today keeps your goal on track."
      }
      reminder-plain = {
        subject = "Your tasks for today ({{task_count}})"
        lead    = "These tasks are due or overdue. One small step today keeps your goal on track."
      }
      change-pace = {
        subject = "A change of pace for today ({{task_count}})"
        lead    = "Would something else feel good today? Here are tasks from other parts of your mandala."
      }
      unsubscribed = {
        subject = "Reminders are off"
        lead    = "You will get no more reminders. You can turn them on again in your settings at any time."
      }
    }
    ja = {
      reminder = {
        subject = "今日のタスク（{{task_count}}件）"
        lead    = "期限が今日、または期限を過ぎたタスクです。今日の小さな一歩が目標につながります。"
      }
      reminder-plain = {
        subject = "今日のタスク（{{task_count}}件）"
        lead    = "期限が今日、または期限を過ぎたタスクです。今日の小さな一歩が目標につながります。"
      }
      change-pace = {
        subject = "今日は気分を変えて（{{task_count}}件）"
        lead    = "今日は別のことに取り組んでみませんか。マンダラのほかの部分からタスクを選びました。"
      }
      unsubscribed = {
        subject = "リマインダーを停止しました"
        lead    = "今後リマインダーは届きません。設定画面からいつでも再開できます。"
      }
    }
  }

  mail_phrases = {
    en = { due = "due", greeting = "Hello {name},", open = "Open Goal Mandala", settings = "Reminder settings", stop = "Stop reminders" }
    ja = { due = "期限", greeting = "{name} さん", open = "Goal Mandala を開く", settings = "リマインダーの設定", stop = "リマインダーを停止する" }
  }

  mail_templates = merge([
    for language, purposes in local.mail_words : {
      for purpose, words in purposes : "${purpose}-${language}" => {
        subject = words.subject
        # SES escapes nothing: each value that goes into HTML comes a second
        # time, escaped by the sender, under the name that ends in _html.
        html = purpose == "reminder-plain" ? null : templatefile("${path.module}/templates/reminder.html.tftpl", merge(local.mail_phrases[language], {
          greeting = replace(local.mail_phrases[language].greeting, "{name}", "{{name_html}}")
          language = language
          lead     = words.lead
          tasks    = purpose != "unsubscribed"
        }))
        text = templatefile("${path.module}/templates/reminder.txt.tftpl", merge(local.mail_phrases[language], {
          greeting = replace(local.mail_phrases[language].greeting, "{name}", "{{name}}")
          lead     = words.lead
          tasks    = purpose != "unsubscribed"
        }))
      }
    }
  ]...)
}

resource "aws_ses_template" "this" {
  for_each = local.mail_templates

  name    = "${var.name}-${each.key}"
  html    = each.value.html
  subject = each.value.subject
  text    = each.value.text
}
