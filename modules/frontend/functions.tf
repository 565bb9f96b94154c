# At CloudFront's edges, on requests only.
resource "aws_cloudfront_function" "this" {
  for_each = {
    api-path    = "Take /api off the API's paths"
    single-page = "Answer the application's own paths with index.html"
  }

  name    = "${var.name}-${each.key}"
  code    = file("${path.module}/functions/${replace(each.key, "-", "_")}.js")
  comment = each.value
  publish = true
  runtime = "cloudfront-js-2.0"

  # What a distribution uses cannot be deleted: a new name comes first.
  lifecycle {
    create_before_destroy = true
  }
}
