# The tool makes this bucket by itself; here it stands for it.
resource "aws_s3_bucket" "tool" {
  bucket_prefix = "goal-mandala-example-"
  force_destroy = true
}

module "delivery" {
  source = "../.."

  bucket_name = aws_s3_bucket.tool.id
  github      = { repository = "goal-mandala/goal-mandala" }
  name        = "goal-mandala-example"
  tags        = { Layer = "delivery" }
}
