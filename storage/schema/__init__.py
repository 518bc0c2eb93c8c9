"""The tables: each column's owner and meaning, each index's query.

Owners are the stages that write a column. Times are INTEGER microseconds since 1970 UTC and
appear in Python as aware datetimes (`Utc`). All tables are STRICT; what may be NULL says when.
A post's id is its channel's id and its message id in one number (`post_id`), so that storing the
same message twice cannot make two posts and no look-up is needed to name one. One module a stage;
everything is imported from here.
"""

from storage.schema.alerting import (
    alerts as alerts,
)
from storage.schema.alerting import (
    deliveries as deliveries,
)
from storage.schema.alerting import (
    hits as hits,
)
from storage.schema.alerting import (
    notices as notices,
)
from storage.schema.alerting import (
    story_posts as story_posts,
)
from storage.schema.collecting import (
    NOT_LIVE as NOT_LIVE,
)
from storage.schema.collecting import (
    account_waits as account_waits,
)
from storage.schema.collecting import (
    accounts as accounts,
)
from storage.schema.collecting import (
    channel_access as channel_access,
)
from storage.schema.collecting import (
    channel_groups as channel_groups,
)
from storage.schema.collecting import (
    channels as channels,
)
from storage.schema.collecting import (
    coverage as coverage,
)
from storage.schema.collecting import (
    deletions as deletions,
)
from storage.schema.collecting import (
    history_tasks as history_tasks,
)
from storage.schema.collecting import (
    posts as posts,
)
from storage.schema.collecting import (
    revisions as revisions,
)
from storage.schema.columns import (
    APPLICATION_ID as APPLICATION_ID,
)
from storage.schema.columns import (
    Big as Big,
)
from storage.schema.columns import (
    Utc as Utc,
)
from storage.schema.columns import (
    metadata as metadata,
)
from storage.schema.columns import (
    microseconds as microseconds,
)
from storage.schema.columns import (
    post_id as post_id,
)
from storage.schema.conversing import (
    broadcasts as broadcasts,
)
from storage.schema.conversing import (
    channel_lists as channel_lists,
)
from storage.schema.conversing import (
    drafts as drafts,
)
from storage.schema.conversing import (
    feedback as feedback,
)
from storage.schema.conversing import (
    query_history as query_history,
)
from storage.schema.conversing import (
    search_pages as search_pages,
)
from storage.schema.flow import (
    cursors as cursors,
)
from storage.schema.flow import (
    telegram_clock as telegram_clock,
)
from storage.schema.importing import (
    imports as imports,
)
from storage.schema.life import (
    channel_events as channel_events,
)
from storage.schema.log import (
    coverage_statements as coverage_statements,
)
from storage.schema.log import (
    log_heads as log_heads,
)
from storage.schema.log import (
    log_leaves as log_leaves,
)
from storage.schema.log import (
    log_nodes as log_nodes,
)
from storage.schema.log import (
    removals as removals,
)
from storage.schema.media import (
    media as media,
)
from storage.schema.media import (
    media_fetches as media_fetches,
)
from storage.schema.media import (
    media_files as media_files,
)
from storage.schema.media import (
    media_rules as media_rules,
)
from storage.schema.media import (
    picture_texts as picture_texts,
)
from storage.schema.people import (
    audit as audit,
)
from storage.schema.people import (
    invites as invites,
)
from storage.schema.people import (
    subscribers as subscribers,
)
from storage.schema.people import (
    subscriptions as subscriptions,
)
from storage.schema.places import (
    channel_regions as channel_regions,
)
from storage.schema.places import (
    hit_places as hit_places,
)
from storage.schema.places import (
    place_verdicts as place_verdicts,
)
from storage.schema.proving import (
    account_calls as account_calls,
)
from storage.schema.proving import (
    blind_periods as blind_periods,
)
from storage.schema.proving import (
    channel_readers as channel_readers,
)
from storage.schema.proving import (
    coverage_events as coverage_events,
)
from storage.schema.proving import (
    reread_rounds as reread_rounds,
)
from storage.schema.proving import (
    service_messages as service_messages,
)
from storage.schema.retention import (
    holds as holds,
)
from storage.schema.retention import (
    retention_rules as retention_rules,
)
from storage.schema.routing import (
    mutes as mutes,
)
from storage.schema.routing import (
    routing as routing,
)
from storage.schema.targets import (
    target_items as target_items,
)
from storage.schema.targets import (
    targets as targets,
)
