"""Every id of the pages, one class a page, in page order; no id is spelt anywhere else."""

from __future__ import annotations


class Shell:
    LOCATION = "location"
    CHOICE = "frame-choice"
    TOLD = "frame-told"  # year, day and district as the address has them
    FRAME = "frame"
    MENU = "menu"
    BACKDROP = "backdrop"
    HOME = "home"
    ACCOUNT = "account"
    HELP = "help-link"
    NAVIGATION = "navigation"
    WAITING = "todo-count"
    YEAR = "work-year"
    AS_OF = "as-of"
    DISTRICT = "district"
    STAMP = "store-stamp"
    DEMO = "demo-mark"
    TOASTS = "toasts"
    TOAST_CLOSE = "toast-close"
    NOTICES = "notices"  # assets/js/shell.js writes there
    FOOTER = "page-stamp"
    WALL_TIME = "wall-time"  # assets/js/wall.js writes there
    WALL_GONE = "wall-gone"


class Overview:
    CONTENT = "overview-content"
    MAP = "overview-map"
    TICK = "overview-tick"


class Clearance:
    CONTENT = "clearance-content"
    CHART = "clearance-progress"
    CHART_TABLE = "clearance-progress-table"
    TICK = "clearance-tick"


class PatchList:
    """What a list page has; one prefix a page. Hidden inputs stand in for what a page lacks."""

    def __init__(self, prefix: str) -> None:
        self.CONTENT = f"{prefix}-content"
        self.HEADLINE = f"{prefix}-headline"
        # filters
        self.TEXT = f"{prefix}-text"
        self.MONTH = f"{prefix}-month"
        self.TOWN = f"{prefix}-town"
        self.TYPE = f"{prefix}-type"
        self.STATUS = f"{prefix}-status"
        self.DOMAIN = f"{prefix}-domain"
        self.IN_VIEW = f"{prefix}-in-view"
        self.COLUMNS = f"{prefix}-columns"
        self.EXPORT = f"{prefix}-export"
        # what is shown: the address as one string, and whether the browser has followed it
        self.QUERY = f"{prefix}-query"
        self.APPLIED = f"{prefix}-applied"
        self.COLUMNS_SHOWN = f"{prefix}-columns-shown"
        # the grid
        self.GRID = f"{prefix}-grid"
        self.TOTAL = f"{prefix}-total"
        self.TOTAL_SHOWN = f"{prefix}-total-shown"
        self.COUNT = f"{prefix}-count"
        self.BATCH = f"{prefix}-batch"
        self.BATCH_COUNT = f"{prefix}-batch-count"
        self.DESELECT = f"{prefix}-deselect"
        self.COPY = f"{prefix}-copy"
        self.COPY_MODAL = f"{prefix}-copy-modal"
        self.COPY_TEXT = f"{prefix}-copy-text"
        self.COPY_BUTTON = f"{prefix}-copy-button"
        self.EXPORT_SELECTED = f"{prefix}-export-selected"
        self.DOWNLOAD = f"{prefix}-download"
        # the picked patch
        self.DRAWER = f"{prefix}-drawer"
        self.PICKED = f"{prefix}-picked"
        self.MARKED = f"{prefix}-marked"
        # the map
        self.MAP = f"{prefix}-map"
        self.MAP_BOUNDS = f"{prefix}-map-bounds"
        self.MAP_PICK = f"{prefix}-map-pick"
        self.FEATURES = f"{prefix}-features"
        self.LEGEND = f"{prefix}-legend"


Overdue = PatchList("overdue")
Patches = PatchList("patches")
Behind = PatchList("behind")
HeatmapPatches = PatchList("heatmap-patches")
AuditPatches = PatchList("audit-patches")


class Heatmap:
    """assets/js/heatmap.js knows those that stand under "the map"."""

    CONTENT = "heatmap-content"
    TICK = "heatmap-tick"
    TOP = "heatmap-top-content"
    # the question
    MEASURE = "heatmap-measure"
    MONTHS = "heatmap-months"
    MONTHS_SAID = "heatmap-months-said"
    TYPE = "heatmap-type"
    AGAINST = "heatmap-against"
    AGAINST_DAY = "heatmap-against-day"
    AGAINST_DAY_BOX = "heatmap-against-day-box"
    AGAINST_MONTHS = "heatmap-against-months"
    AGAINST_MONTHS_SAID = "heatmap-against-months-said"
    AGAINST_MONTHS_BOX = "heatmap-against-months-box"
    # how it is shown
    LAYER = "heatmap-layer"
    RADIUS = "heatmap-radius"
    RADIUS_BOX = "heatmap-radius-box"
    BY = "heatmap-by"
    BY_BOX = "heatmap-by-box"
    COLOUR = "heatmap-colour"
    COLOUR_BOX = "heatmap-colour-box"
    OVERLAYS = "heatmap-overlays"
    # the page's part of the address as one string, and whether the map has followed it
    QUERY = "heatmap-query"
    FRAME = "heatmap-frame"
    APPLIED = "heatmap-applied"
    # the map
    MAP = "heatmap-map"
    STAGE = "heatmap-stage"
    LEGEND = "heatmap-legend"
    NOTE = "heatmap-note-content"
    TIME = "heatmap-time"
    LASSO = "heatmap-lasso"
    BINS = "heatmap-bins"
    # beside and below it
    TITLE = "heatmap-title-content"
    IN_VIEW = "heatmap-in-view-content"
    SPOTS = "heatmap-spots-content"
    UNITS = "heatmap-units-content"


class Triggers:
    CONTENT = "triggers-content"
    RULE = "triggers-rule"
    MEASURE = "triggers-measure"
    MONTH = "triggers-month"
    AGAINST = "triggers-against"


class Assessment:
    CONTENT = "assessment-content"
    RANKING = "assessment-ranking"
    RANKING_TABLE = "assessment-ranking-table"
    TREND = "assessment-trend"
    TREND_TABLE = "assessment-trend-table"
    # the what-if: its part of the address as one string, and whether the browser has followed it
    SCENARIO = "scenario-query"
    APPLIED = "scenario-applied"
    TEXT = "scenario-text"
    MORE = "scenario-more"
    CANDIDATES = "scenario-candidates-content"
    PICKED = "scenario-picked"
    BULK = "scenario-bulk"
    BULK_UNTIL = "scenario-bulk-until"
    BULK_ACTION = "scenario-bulk-action"
    BULK_ADD = "scenario-bulk-add"
    ON = "scenario-on"
    LINE = "scenario-line"
    WHOM = "scenario-whom"
    MOST = "scenario-most"
    ONLY = "scenario-only"
    SKIP = "scenario-skip"
    FIND = "scenario-find"
    RESULT = "scenario-result-content"

    @staticmethod
    def add(action: str) -> dict[str, str]:
        """A button that supposes an action of the ticked patches."""
        return {"type": "scenario-add", "action": action}

    @staticmethod
    def adopt(action: str) -> dict[str, str]:
        """A button that supposes an action of the smallest set."""
        return {"type": "scenario-adopt", "action": action}

    @staticmethod
    def drop(part: str) -> dict[str, str]:
        """A button that takes a part out of the scenario: tick:<编号>, bulk:<nth>, all."""
        return {"type": "scenario-drop", "part": part}


class Rules:
    """assets/js/rules.js narrows the text."""

    CONTENT = "rules-content"
    WORDS = "rules-words"
    FOUND = "rules-found"
    ANCHOR = "rules-anchor"
    # a new value of a parameter, for whoever may set one
    FORM = "rules-form"
    PARAMETER = "rules-parameter"
    VALUE = "rules-value"
    VALID_FROM = "rules-valid-from"
    REASON = "rules-reason"
    SET = "rules-set"
    CHANGED = "rules-changed"  # counts changes: the page is drawn anew


class Confirm:
    CONTENT = "confirm-content"
    REASON = "confirm-reason"
    ACCEPT = "confirm-accept"
    REFUSE = "confirm-refuse"


class Notices:
    CONTENT = "notices-content"
    DRAFT = "notices-draft"
    DONE = "notices-done"
    TEXT = "notices-text"


class MeasurePages:
    CONTENT = "measure-pages-content"
    TICK = "measure-pages-tick"
    ACTION = "measure-pages-action"

    @staticmethod
    def action(name: str) -> dict[str, str]:
        """The button that has the pages drawn."""
        return {"type": MeasurePages.ACTION, "name": name}


class PaperBatch:
    CONTENT = "paper-batch-content"
    TICK = "paper-batch-tick"
    ACTION = "paper-batch-action"

    @staticmethod
    def action(name: str) -> dict[str, str]:
        """A button: pack, cancel."""
        return {"type": PaperBatch.ACTION, "name": name}


class Handbook:
    CONTENT = "handbook-content"
    SEARCH = "handbook-search"
    WORDS = "handbook-words"


class HandbookChapter:
    SLUG = "handbook-slug"
    CONTENT = "handbook-chapter-content"


class Audit:
    CONTENT = "audit-content"
    # many at once
    PICKED = "audit-picked"
    CODES = "audit-codes"
    OPINION = "audit-opinion"
    PASS = "audit-pass"
    RETURN = "audit-return"
    SAID = "audit-said"

    @staticmethod
    def deeming(part: str, number: str) -> dict[str, str]:
        """Of a proposal to deem: its reason, or the button that confirms or dismisses it."""
        return {"type": f"audit-deeming-{part}", "number": number}


class Doubts:
    """place: audit, ledger, bench: the page on which the doubt stands."""

    @staticmethod
    def part(place: str, what: str, key: str) -> dict[str, str]:
        """Of one doubt: its reason, or a button that says what it is (a RecordKind, dismiss)."""
        return {"type": f"doubt-{place}-{what}", "key": key}


class AuditBench:
    """assets/js/audit.js knows these."""

    ADDRESS = "bench-address"
    CONTENT = "bench-content"
    SEEN = "bench-seen"
    CODES = "bench-codes"
    OPINION = "bench-opinion"
    DETERMINATION = "bench-determination"
    PASS = "bench-pass"
    RETURN = "bench-return"
    NEXT = "bench-next"
    MAP = "bench-map"


class Checks:
    CONTENT = "checks-content"
    # filters
    TEXT = "checks-text"
    RULE = "checks-rule"
    STATE = "checks-state"
    MARK = "checks-mark"
    # many at once
    PICKED = "checks-picked"
    EVERY = "checks-every"
    TEAM = "checks-team"
    DUE = "checks-due"
    ASSIGN = "checks-assign"
    FINDING = "checks-finding"
    DAY = "checks-day"
    NOTE = "checks-note"
    RECORD = "checks-record"
    REASON = "checks-reason"
    CONFIRM = "checks-confirm"
    SEND_BACK = "checks-send-back"
    SOURCE = "checks-source"
    SOURCE_NO = "checks-source-no"
    SOURCE_DAY = "checks-source-day"
    EXEMPT = "checks-exempt"
    # draws
    MONTH = "checks-month"
    DRAW = "checks-draw"


class Ledger:
    CONTENT = "ledger-content"
    CURVE = "ledger-curve"
    CURVE_TABLE = "ledger-curve-table"
    # filters
    ORIGIN = "ledger-origin"
    STATE = "ledger-state"
    WAY = "ledger-way"
    MARK = "ledger-mark"
    TEXT = "ledger-text"
    # many at once
    PICKED = "ledger-picked"
    EVIDENCE = "ledger-evidence"
    ACCEPT = "ledger-accept"
    WRITE_OFF = "ledger-write-off"


class Certificates:
    CONTENT = "certificates-content"
    NUMBER = "certificates-number"

    @staticmethod
    def part(what: str, key: str) -> dict[str, str]:
        """Of one line: its boxes (number, reason) and buttons (issue, revoke)."""
        return {"type": f"certificate-{what}", "key": key}


class Quota:
    CONTENT = "quota-content"
    CHART = "quota-chart"
    CHART_TABLE = "quota-chart-table"
    DISTRICT = "quota-district"
    DOCUMENT = "quota-document"
    ON = "quota-on"
    AREA = "quota-area"
    PATCHES = "quota-patches"
    REASON = "quota-reason"
    FREEZE = "quota-freeze"

    @staticmethod
    def thaw(what: str, record: int) -> dict[str, str]:
        """Of one freeze: number, area and day of its thaw, and the button."""
        return {"type": f"quota-thaw-{what}", "record": str(record)}


class PatchDetail:
    CONTENT = "patch-content"
    ADDRESS = "patch-address"
    MAP = "patch-map"
    PHOTOS = "patch-photos"


class Upload:
    CONTENT = "upload-content"
    HEADLINE = "upload-headline"
    # the file on its way; assets/js/upload.js knows these
    ZONE = "upload-zone"
    FILE = "upload-file"
    KIND = "upload-kind"
    LAYER = "upload-layer"
    LAYER_FIELD = "upload-layer-field"
    YEAR = "upload-year"
    STRICT = "upload-strict"
    # the job that is shown
    WORK = "upload-work"
    PROGRESS = "upload-progress"
    TICK = "upload-tick"
    MAP = "upload-map"
    PROFILE = "upload-profile"
    OPEN = "upload-open"
    HISTORY = "upload-history"
    PROFILES = "upload-profiles"

    @staticmethod
    def action(name: str) -> dict[str, str]:
        """A button: confirm, drop, cancel, again, undo."""
        return {"type": "upload-action", "name": name}

    @staticmethod
    def profile(part: str, number: int, was: str) -> dict[str, str | int]:
        """Of a saved profile: its new name, or the button that renames or deletes it. was: the name
        that is shown."""
        return {"type": f"upload-profile-{part}", "number": number, "was": was}

    @staticmethod
    def option(name: str) -> dict[str, str]:
        """How the file is read: kind, year, layer, crs, strict, profile, set-<列>."""
        return {"type": "upload-option", "name": name}

    @staticmethod
    def assigned(part: str, at: int) -> dict[str, str | int]:
        """What the at-th column of the file is: its field or its unit."""
        return {"type": f"upload-{part}", "at": at}


class Admin:
    CONTENT = "admin-content"
    SAID = "admin-said"
    STATE = "admin-state"
    # the audit log
    KIND = "admin-log-kind"
    WHO = "admin-log-who"
    TEXT = "admin-log-text"
    FIRST = "admin-log-first"
    LAST = "admin-log-last"
    SEARCH = "admin-log-search"
    LOG = "admin-log"

    @staticmethod
    def action(name: str, number: int = 0) -> dict[str, str | int]:
        """A button. number: of the session or token that it ends."""
        return {"type": "admin-action", "name": name, "number": number}

    @staticmethod
    def field(name: str) -> dict[str, str]:
        """What is filled in: new-… of a new account, else of the one that is shown."""
        return {"type": "admin-field", "name": name}


class Todo:
    CONTENT = "todo-content"


class Measures:
    CONTENT = "measures-content"
    STATE = "measures-state"
    KIND = "measures-kind"
    LATE = "measures-late"
    FORM = "measures-form-content"
    NEW_KIND = "measures-new-kind"
    NEW_SUBJECT = "measures-new-subject"
    NEW_PATCHES = "measures-new-patches"
    NEW_REASON = "measures-new-reason"
    DRAFT = "measures-draft"
    DISMISS = "measures-dismiss"


class MeasureDetail:
    ADDRESS = "measure-address"
    CONTENT = "measure-content"
    ACTIONS = "measure-actions-content"
    DONE = "measure-done"  # counts what was done: both places are drawn anew
    SEEN = "measure-seen"
    DAY = "measure-day"
    REASON = "measure-reason"
    DUE = "measure-due"
    NUMBER = "measure-number"
    CODE = "measure-code"
    FILE = "measure-file"
    FILE_NAME = "measure-file-name"
    EDITOR = "measure-editor"  # checks and texts of a draft
    TEXT_SEEN = "measure-text-seen"
    SAVE = "measure-text-save"

    @staticmethod
    def text(place: str) -> dict[str, str]:
        """A text of a draft."""
        return {"type": "measure-text", "place": place}

    @staticmethod
    def step(name: str) -> dict[str, str]:
        """The button of a step."""
        return {"type": "measure-step", "step": name}
