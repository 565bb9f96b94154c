"""Fault: the smallest object that a lifecycle moves is always the default's.

Evidence: after PutBucketLifecycleConfiguration with
x-amz-transition-default-minimum-object-size: varies_by_storage_class,
GetBucketLifecycleConfiguration answers all_storage_classes_128K: the provider
waits 3 minutes for what it set and gives up. AWS answers what was put, and on a
put without the header the default.

It can go when the value that was put is read back.
"""

from moto.s3.responses import S3Response

HEADER = "x-amz-transition-default-minimum-object-size"


def apply():
    get = S3Response.get_bucket_lifecycle
    put = S3Response._bucket_response_put

    def get_bucket_lifecycle(self):
        status, headers, body = get(self)
        bucket = self.backend.get_bucket(self.bucket_name)
        minimum = getattr(bucket, "transition_minimum", None)
        return status, {**headers, HEADER: minimum} if minimum else headers, body

    def bucket_response_put(self, request, bucket_name, querystring):
        answer = put(self, request, bucket_name, querystring)
        if "lifecycle" in querystring:
            bucket = self.backend.get_bucket(bucket_name)
            bucket.transition_minimum = request.headers.get(HEADER)
        return answer

    S3Response.get_bucket_lifecycle = get_bucket_lifecycle
    S3Response._bucket_response_put = bucket_response_put
