"""The nouns of Earshot as frozen records, their ids, and the enums of their states and reasons.

Nothing here does anything: a record is what one stage writes and another reads.
Times are aware datetimes in UTC; offsets into text are code points, end exclusive. One module a
stage; everything is imported from here.
"""

from storage.records.alerting import (
    Alert as Alert,
)
from storage.records.alerting import (
    AlertState as AlertState,
)
from storage.records.alerting import (
    Held as Held,
)
from storage.records.alerting import (
    Notice as Notice,
)
from storage.records.alerting import (
    NoticeKind as NoticeKind,
)
from storage.records.alerting import (
    Outcome as Outcome,
)
from storage.records.alerting import (
    Priority as Priority,
)
from storage.records.alerting import (
    StoryPost as StoryPost,
)
from storage.records.alerting import (
    Waiting as Waiting,
)
from storage.records.alerting import (
    Withheld as Withheld,
)
from storage.records.channels import (
    Access as Access,
)
from storage.records.channels import (
    Account as Account,
)
from storage.records.channels import (
    AccountState as AccountState,
)
from storage.records.channels import (
    CallKind as CallKind,
)
from storage.records.channels import (
    Channel as Channel,
)
from storage.records.channels import (
    ChannelState as ChannelState,
)
from storage.records.channels import (
    FollowMode as FollowMode,
)
from storage.records.channels import (
    HistoryKind as HistoryKind,
)
from storage.records.channels import (
    HistoryTask as HistoryTask,
)
from storage.records.channels import (
    IdRange as IdRange,
)
from storage.records.conversing import (
    Broadcast as Broadcast,
)
from storage.records.conversing import (
    BroadcastState as BroadcastState,
)
from storage.records.conversing import (
    Draft as Draft,
)
from storage.records.conversing import (
    FormerQuery as FormerQuery,
)
from storage.records.conversing import (
    JudgedText as JudgedText,
)
from storage.records.conversing import (
    ListState as ListState,
)
from storage.records.conversing import (
    Precision as Precision,
)
from storage.records.coverage import (
    Blindness as Blindness,
)
from storage.records.coverage import (
    BlindPeriod as BlindPeriod,
)
from storage.records.coverage import (
    ChannelFacts as ChannelFacts,
)
from storage.records.coverage import (
    Lag as Lag,
)
from storage.records.coverage import (
    SeenService as SeenService,
)
from storage.records.coverage import (
    Statement as Statement,
)
from storage.records.coverage import (
    StatementKind as StatementKind,
)
from storage.records.ids import (
    AccountId as AccountId,
)
from storage.records.ids import (
    AlertId as AlertId,
)
from storage.records.ids import (
    BroadcastId as BroadcastId,
)
from storage.records.ids import (
    ChannelId as ChannelId,
)
from storage.records.ids import (
    DraftId as DraftId,
)
from storage.records.ids import (
    InviteId as InviteId,
)
from storage.records.ids import (
    MuteId as MuteId,
)
from storage.records.ids import (
    NoticeId as NoticeId,
)
from storage.records.ids import (
    PlaceId as PlaceId,
)
from storage.records.ids import (
    PostId as PostId,
)
from storage.records.ids import (
    RevisionId as RevisionId,
)
from storage.records.ids import (
    StoryId as StoryId,
)
from storage.records.ids import (
    SubscriberId as SubscriberId,
)
from storage.records.ids import (
    SubscriptionId as SubscriptionId,
)
from storage.records.ids import (
    TargetId as TargetId,
)
from storage.records.importing import (
    ImportedFile as ImportedFile,
)
from storage.records.life import (
    ChannelEvent as ChannelEvent,
)
from storage.records.life import (
    ChannelEventKind as ChannelEventKind,
)
from storage.records.life import (
    SeenChannel as SeenChannel,
)
from storage.records.log import (
    LeafKind as LeafKind,
)
from storage.records.log import (
    LogNode as LogNode,
)
from storage.records.log import (
    NewLeaf as NewLeaf,
)
from storage.records.log import (
    SignedHead as SignedHead,
)
from storage.records.matching import (
    Document as Document,
)
from storage.records.matching import (
    Mention as Mention,
)
from storage.records.matching import (
    NewHit as NewHit,
)
from storage.records.matching import (
    Span as Span,
)
from storage.records.media import (
    Attachment as Attachment,
)
from storage.records.media import (
    Fetch as Fetch,
)
from storage.records.media import (
    FetchedBy as FetchedBy,
)
from storage.records.media import (
    Media as Media,
)
from storage.records.media import (
    MediaRule as MediaRule,
)
from storage.records.media import (
    MediaState as MediaState,
)
from storage.records.media import (
    NewMedia as NewMedia,
)
from storage.records.media import (
    PictureText as PictureText,
)
from storage.records.media import (
    ReadBy as ReadBy,
)
from storage.records.media import (
    ShownMedia as ShownMedia,
)
from storage.records.media import (
    StoredFile as StoredFile,
)
from storage.records.media import (
    UnreadPicture as UnreadPicture,
)
from storage.records.people import (
    AuditEntry as AuditEntry,
)
from storage.records.people import (
    Invite as Invite,
)
from storage.records.people import (
    Role as Role,
)
from storage.records.people import (
    Subscriber as Subscriber,
)
from storage.records.people import (
    SubscriberState as SubscriberState,
)
from storage.records.people import (
    Subscription as Subscription,
)
from storage.records.people import (
    SubscriptionState as SubscriptionState,
)
from storage.records.places import (
    HitPlace as HitPlace,
)
from storage.records.places import (
    PlacePrior as PlacePrior,
)
from storage.records.posts import (
    AppendedRevision as AppendedRevision,
)
from storage.records.posts import (
    Has as Has,
)
from storage.records.posts import (
    HiddenLink as HiddenLink,
)
from storage.records.posts import (
    Is as Is,
)
from storage.records.posts import (
    KnownMessage as KnownMessage,
)
from storage.records.posts import (
    NewRevision as NewRevision,
)
from storage.records.posts import (
    Post as Post,
)
from storage.records.posts import (
    Revision as Revision,
)
from storage.records.posts import (
    SeenDeletion as SeenDeletion,
)
from storage.records.posts import (
    SeenMessage as SeenMessage,
)
from storage.records.posts import (
    Source as Source,
)
from storage.records.routing import (
    FollowUps as FollowUps,
)
from storage.records.routing import (
    Mute as Mute,
)
from storage.records.routing import (
    QuietHours as QuietHours,
)
from storage.records.routing import (
    Rhythm as Rhythm,
)
from storage.records.routing import (
    Routing as Routing,
)
from storage.records.routing import (
    Surge as Surge,
)
from storage.records.searching import (
    ALWAYS as ALWAYS,
)
from storage.records.searching import (
    AllOf as AllOf,
)
from storage.records.searching import (
    AnyOf as AnyOf,
)
from storage.records.searching import (
    ButNot as ButNot,
)
from storage.records.searching import (
    Candidate as Candidate,
)
from storage.records.searching import (
    Sought as Sought,
)
from storage.records.searching import (
    Stretch as Stretch,
)
from storage.records.searching import (
    Tally as Tally,
)
from storage.records.searching import (
    Words as Words,
)
from storage.records.targets import (
    DeliveryTarget as DeliveryTarget,
)
from storage.records.targets import (
    TargetKind as TargetKind,
)
from storage.records.targets import (
    TargetState as TargetState,
)
