"""指标冻结 and 复耕证明 in Chromium: a freeze refused, registered, thawed; a number looked up."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.serving import Server


def test_a_freeze_is_refused_registered_and_thawed_and_a_number_is_looked_up(
    page: Page, fresh_server: Server
) -> None:
    page.goto(f"{fresh_server.url}/quota")
    expect(page.locator(".quota-pools")).to_be_visible()
    page.locator("#quota-district").select_option(label="乳山市")
    page.locator("#quota-document").fill("鲁冻〔2023〕9号")
    page.locator("#quota-area").fill("99999")
    page.locator("#quota-reason").fill("省厅通知")
    page.locator("#quota-freeze").click()
    expect(page.locator(".toast-note")).to_contain_text("超过截至")
    page.locator("#toast-close").click()
    page.locator("#quota-area").fill("5")
    page.locator("#quota-freeze").click()
    row = page.locator(".quota-freezes tr", has_text="鲁冻〔2023〕9号")
    expect(row).to_contain_text("5.00")
    row.get_by_placeholder("省厅解冻文号").fill("鲁解〔2023〕2号")
    row.get_by_role("button", name="登记解冻").click()
    expect(row).to_contain_text("已解冻")
    expect(row).to_contain_text("鲁解〔2023〕2号")

    page.goto(f"{fresh_server.url}/certificates")
    rows = page.locator(".certificates-table tbody tr")
    number = rows.filter(has_text="已出具").first.locator("th").inner_text()
    page.locator("#certificates-number").fill(number)
    page.locator("#certificates-number").press("Enter")
    expect(page.locator(".lookup-answer")).to_contain_text("有效：")
    page.locator("#certificates-number").fill("没有这个编号")
    page.locator("#certificates-number").press("Enter")
    expect(page.locator(".lookup-answer")).to_contain_text("没有编号为“没有这个编号”的有效证明")
